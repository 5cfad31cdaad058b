import { parseDuration, policyFrom } from 'holdfast/json';
import type { Fields, Values } from './field.ts';
import { OWN, POLICIES } from './policy-choices.ts';

/** How many policies can be looked at side by side: lines that an eye can tell apart. */
export const MOST_POLICIES = 4;

/** The most calls of one run, over all policies: some ten seconds. */
const MOST_CALLS = 1_000_000;

/** What the fleet view asks for. */
export const FLEET_FORM = {
  policies: {
    kind: 'set',
    label: 'Policies',
    initial: 'jitter,budget,standard',
    atMost: MOST_POLICIES,
    hint: 'Each ends an attempt after a second, and makes at most four; standard() makes three.',
    choices: [...POLICIES.map(({ name, label }) => [name, label] as const), [OWN, 'one of your own, as JSON'] as const],
  },
  own: {
    kind: 'text',
    label: 'A policy of your own',
    initial: '{\n  "kind": "standard",\n  "retry": { "maxAttempts": 5 },\n  "attemptTimeout": "1s"\n}',
    maxLength: 4_000,
    wrong: wrongPolicy,
  },
  clients: { kind: 'number', label: 'Clients', initial: 40, min: 1, max: 1_000, whole: true },
  rate: { kind: 'number', label: 'Calls by each', initial: 4, min: 0.01, max: 1_000, unit: 'per s' },
  workers: { kind: 'number', label: 'Workers', initial: 23, min: 1, max: 10_000, whole: true },
  mean: { kind: 'duration', label: 'Service time', initial: '100ms', hint: 'on average' },
  spread: {
    kind: 'choice',
    label: 'Its spread',
    initial: 'exponential',
    choices: [
      ['constant', 'none'],
      ['exponential', 'exponential'],
      ['log-normal', 'long tail'],
    ],
  },
  order: {
    kind: 'choice',
    label: 'Line',
    initial: 'fifo',
    choices: [
      ['fifo', 'oldest first'],
      ['lifo', 'newest first'],
    ],
  },
  limit: { kind: 'number', label: 'Line at most', initial: 0, min: 0, max: 100_000, whole: true, hint: '0: no limit' },
  abandoned: {
    kind: 'choice',
    label: 'Given up',
    hint: 'work that nobody waits for',
    initial: 'finish',
    choices: [
      ['finish', 'done anyway'],
      ['stop', 'stopped'],
    ],
  },
  trigger: {
    kind: 'choice',
    label: 'What happens',
    initial: 'slowdown',
    choices: [
      ['none', 'nothing'],
      ['slowdown', 'a slowdown'],
      ['outage', 'an outage'],
      ['errors', 'errors'],
      ['capacity', 'workers are lost'],
      ['surge', 'a surge of calls'],
      ['partition', 'the network is cut'],
      ['stall', 'answers stall'],
    ],
  },
  slower: { kind: 'number', label: 'Slower by', initial: 5, min: 1, max: 1_000, unit: 'times' },
  failing: { kind: 'number', label: 'Failing', initial: 0.5, min: 0, max: 1, hint: 'a part of 1' },
  left: { kind: 'number', label: 'Left', initial: 0.2, min: 0, max: 1, hint: 'a part of 1' },
  more: { kind: 'number', label: 'More by', initial: 3, min: 1, max: 100, unit: 'times' },
  at: { kind: 'duration', label: 'After', initial: '15s' },
  lasts: { kind: 'duration', label: 'For', initial: '10s' },
  duration: { kind: 'duration', label: 'Time', initial: '1m' },
  seed: { kind: 'number', label: 'Seed', initial: 1, min: 0, max: 2 ** 32 - 1, whole: true },
} as const satisfies Fields;

/** What is filled in there. */
export type FleetValues = {
  readonly [Name in keyof Values<typeof FLEET_FORM>]: (typeof FLEET_FORM)[Name]['initial'] extends number
    ? number
    : string;
};

/** Whether a field means anything beside the others. */
export function asksForFleet(name: keyof FleetValues, { policies, trigger }: FleetValues): boolean {
  const needs: { readonly [Name in keyof FleetValues]?: boolean } = {
    own: policies.split(',').includes(OWN),
    slower: trigger === 'slowdown',
    failing: trigger === 'errors',
    left: trigger === 'capacity',
    more: trigger === 'surge',
    at: trigger !== 'none',
    lasts: trigger !== 'none',
  };
  return needs[name] ?? true;
}

/** The part of the workers that is busy while all goes well, as a number from 0 on. */
export function utilisation({ clients, rate, workers, mean }: FleetValues): number {
  return (clients * rate * parseDuration(mean)) / 1_000 / workers;
}

/** Why the page does not run what the form describes; nothing if it does. */
export function tooMuch(values: FleetValues): string | undefined {
  const { clients, rate, duration, policies, trigger, at, lasts, more } = values;
  const span = parseDuration(duration);
  if (span < 1_000 || span > 3_600_000) return 'The simulated time has to be from 1s to 1h.';
  if (trigger !== 'none' && parseDuration(at) + parseDuration(lasts) >= span) {
    return 'What happens has to be over before the simulated time is.';
  }
  const surge = trigger === 'surge' ? more : 1;
  const calls = clients * rate * surge * (span / 1_000) * policies.split(',').length;
  if (calls <= MOST_CALLS) return undefined;
  return `These are up to ${Math.ceil(calls / 1e5) / 10} million calls, and the page stops at ${MOST_CALLS / 1e6} million. The command has no such limit.`;
}

function wrongPolicy(text: string): string | undefined {
  try {
    policyFrom({ version: 1, policy: JSON.parse(text) as unknown }, { functions: NAMED });
    return undefined;
  } catch (error) {
    return `cannot be read: ${(error as Error).message.slice(0, 200)}`;
  }
}

/** The functions that the simulator knows, by name. */
const NAMED = { retryAfter: () => undefined, isTransient: () => true };
