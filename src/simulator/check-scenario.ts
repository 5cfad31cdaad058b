import { invalid } from '../base/check.ts';
import type { Json } from '../json/json-value.ts';
import { readShape, type Place } from '../json/read-shape.ts';
import type { Arrivals } from './arrivals.ts';
import type { ClientGroup, PolicyMaker, Scenario, Service } from './scenario.ts';
import { functionsOf } from './functions-of.ts';
import { orFunction, policyMakerShape, scenarioShape } from './scenario-shape.ts';
import type { Trigger } from './trigger.ts';

/** Clients with nothing left to be decided. */
export interface CheckedGroup extends ClientGroup {
  readonly name: string;
  readonly calls: readonly string[];
  readonly policy?: PolicyMaker | undefined;
}

/** A service with nothing left to be decided. */
export interface CheckedService extends Service {
  readonly calls?: readonly string[] | undefined;
  readonly policy?: PolicyMaker | undefined;
}

/** A scenario with nothing left to be decided. */
export interface CheckedScenario extends Scenario {
  readonly seed: number;
  readonly interval: number;
  readonly recoverWithin: number;
  readonly clients: readonly CheckedGroup[];
  readonly services: { readonly [name: string]: CheckedService };
  readonly triggers: readonly Trigger[];
  readonly policies: { readonly [name: string]: PolicyMaker };
}

/** The most buckets of a series. */
const MOST_BUCKETS = 10_000;
/** The most clients of a scenario. */
const MOST_CLIENTS = 100_000;
/** The most calls that a scenario may be expected to make. */
const MOST_CALLS = 100_000_000;

/**
 * Reads a scenario: fills the defaults in, and refuses what cannot be simulated, with the path of the offending field.
 *
 * @throws `TypeError` or `RangeError` for a wrong scenario, or for one that is too large.
 */
export function checkScenario(scenario: Scenario, action: string): CheckedScenario {
  const tools = { functions: functionsOf(), clock: undefined, random: undefined, sleep: undefined, budgets: new Map() };
  const place: Place = { path: '', action, tools };
  const given = readShape(SHAPE, scenario as unknown as Json, place) as CheckedScenario;
  const { seed = 1, interval = 1_000, recoverWithin = 20_000, triggers = [], duration, policies = {} } = given;
  const services = Object.fromEntries(
    Object.entries(given.services).map(([name, each]) => [name, { ...each, calls: each.calls && listed(each.calls) }]),
  );
  if (duration / interval > MOST_BUCKETS) {
    throw invalid(action, `interval to be at least a ten-thousandth of the duration`, interval, RangeError);
  }
  const clients = given.clients.map((group, index) => ({
    ...group,
    name: group.name ?? `clients[${index}]`,
    calls: listed(group.calls),
  }));
  const known = (name: string | undefined, names: readonly string[], path: string): void => {
    if (name !== undefined && !names.includes(name)) {
      throw invalid(action, `${path} to be one of ${names.slice(0, 20).join(', ')}`, name, RangeError);
    }
  };
  const names = Object.keys(services);
  clients.forEach(({ calls }, index) => calls.forEach((name) => known(name, names, `clients[${index}].calls`)));
  for (const name of names) {
    for (const called of services[name]!.calls ?? []) known(called, names, `services.${name}.calls`);
  }
  refuseCircles(services, action);
  triggers.forEach((trigger, index) => {
    refuseTooLate(trigger, duration, `triggers[${index}]`, action);
    if (trigger.kind !== 'surge') return known(trigger.service, names, `triggers[${index}].service`);
    const groups = clients.map(({ name: group }) => group);
    known(trigger.group, groups, `triggers[${index}].group`);
  });
  refuseTooMuch(clients, duration, action);
  return { ...given, seed, interval, recoverWithin, triggers, clients, services, policies };
}

/** Calls that never come to an end: each service is visited once, with the way to it. */
function refuseCircles(services: CheckedScenario['services'], action: string): void {
  const done = new Set<string>();
  const visit = (name: string, way: readonly string[]): void => {
    if (way.includes(name)) {
      throw invalid(action, `services.${name} not to be called by what it calls`, way.at(-1), RangeError);
    }
    if (done.has(name)) return;
    services[name]!.calls?.forEach((next) => visit(next, [...way, name]));
    done.add(name);
  };
  Object.keys(services).forEach((name) => visit(name, []));
}

/** A trigger that does not end in the run: what comes after it could not be judged, nor seen if it does not begin. */
function refuseTooLate({ at, duration }: Trigger, length: number, path: string, action: string): void {
  if (at + duration < length) return;
  const [name, value, limit] = at < length ? ['duration', duration, length - at] : ['at', at, length];
  throw invalid(
    action,
    `${path}.${name} to be less than ${limit}, so that it is over before the run`,
    value,
    RangeError,
  );
}

function refuseTooMuch(clients: CheckedScenario['clients'], duration: number, action: string): void {
  const all = clients.reduce((sum, { count }) => sum + count, 0);
  if (all > MOST_CLIENTS) throw invalid(action, `at most ${MOST_CLIENTS} clients`, all, RangeError);
  const calls = clients.reduce((sum, { count, arrivals }) => sum + count * perSecond(arrivals), 0) * (duration / 1_000);
  if (calls > MOST_CALLS) throw invalid(action, `at most ${MOST_CALLS} calls`, Math.round(calls), RangeError);
}

/** How many calls are to be expected of a client, as far as that can be told beforehand. */
function perSecond(arrivals: Arrivals): number {
  if (arrivals.kind === 'bursts') return (arrivals.size / arrivals.every) * 1_000;
  return arrivals.kind === 'closed' ? 0 : arrivals.rate;
}

function listed(calls: string | readonly string[]): readonly string[] {
  return typeof calls === 'string' ? [calls] : calls;
}

const SHAPE = /* @__PURE__ */ scenarioShape(/* @__PURE__ */ orFunction(policyMakerShape));
