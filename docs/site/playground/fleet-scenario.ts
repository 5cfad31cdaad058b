import { parseDuration } from 'holdfast/json';
import type { FleetValues } from './fleet-form.ts';
import { OWN, POLICIES, type PolicyChoice } from './policy-choices.ts';
import type { Json } from './typescript-of.ts';

/** The width of a bucket: about a hundred of them, and none shorter than half a second. */
const BUCKETS = 120;
const SHORTEST = 500;

/** The policies that are chosen, that of one's own among them. */
export function chosenPolicies({ policies, own }: FleetValues): PolicyChoice[] {
  const chosen = policies.split(',');
  const mine = (): PolicyChoice => {
    return { name: OWN, label: 'your own', short: 'your own', policy: JSON.parse(own) as Json };
  };
  return [...POLICIES.filter(({ name }) => chosen.includes(name)), ...(chosen.includes(OWN) ? [mine()] : [])];
}

/** The form as a scenario in JSON, as `scenarioFrom` reads it, without a policy. */
export function scenarioJson(values: FleetValues): { readonly [field: string]: Json } {
  const { seed, duration, clients, rate, workers, mean, spread, order, limit, abandoned } = values;
  const serviceTime =
    spread === 'log-normal' ? { kind: spread, mean, p99: 5 * parseDuration(mean) } : { kind: spread, mean };
  const queue = { ...(order !== 'fifo' && { order }), ...(limit && { limit }) };
  const trigger = triggerJson(values);
  return {
    version: 1,
    seed,
    duration,
    interval: intervalOf(parseDuration(duration)),
    clients: [{ count: clients, arrivals: { kind: 'poisson', rate }, calls: 'service' }],
    services: {
      service: {
        workers,
        serviceTime,
        ...(Object.keys(queue).length && { queue }),
        ...(abandoned !== 'finish' && { abandoned }),
      },
    },
    ...(trigger && { triggers: [trigger] }),
  };
}

/** The same for one policy. */
export function scenarioFor(values: FleetValues, policy: Json): { readonly [field: string]: Json } {
  const { clients, ...scenario } = scenarioJson(values);
  return { ...scenario, clients: (clients as readonly object[]).map((group) => ({ ...group, policy }) as Json) };
}

/** The same for all of them, side by side. */
export function scenarioForAll(values: FleetValues): { readonly [field: string]: Json } {
  const policies = Object.fromEntries(chosenPolicies(values).map(({ label, policy }) => [label, policy]));
  return { ...scenarioJson(values), policies };
}

function intervalOf(duration: number): number {
  return Math.max(SHORTEST, Math.ceil(duration / BUCKETS / SHORTEST) * SHORTEST);
}

function triggerJson({ trigger: kind, at, lasts, slower, failing, left, more }: FleetValues): Json | undefined {
  if (kind === 'none') return undefined;
  const sizes: { readonly [kind: string]: Json } = {
    slowdown: { factor: slower },
    errors: { rate: failing },
    capacity: { factor: left },
    surge: { factor: more },
  };
  return { kind, at, duration: lasts, ...(sizes[kind] as object) };
}
