import { afterAll, describe, expect, it } from 'vitest';
import { consecutiveFailures, failureConfidence, failureRate, type TripRule } from 'holdfast';
import {
  admit,
  circuit,
  expireProbe,
  holdOpen,
  isolate,
  overdue,
  release,
  reset,
  settle,
  type Circuit,
  type CircuitRules,
  type Grant,
} from '../../src/state/circuit.ts';
import type { Outcome } from '../../src/base/verdict.ts';

/** One call of the four: not begun, under way, or over. Calls under way are interchangeable. */
interface World {
  readonly circuit: Circuit;
  readonly running: Grant[];
  now: number;
  /** How many calls, ticks, isolations and resets are still to come. */
  readonly left: { calls: number; ticks: number; isolations: number; resets: number };
  /** What has been counted since the circuit last forgot: the recount for the totals. */
  readonly log: { failed: boolean; slow: boolean }[];
}

const CALLS = 4;
const LEASE = 2;
const OPEN = 2;
const CALM = 3;

const FORGETTING = ['probes-succeeded', 'reset'];

const totals = { states: 0, transitions: 0, interleavings: 0n };

describe('circuit', () => {
  // The longer a rule remembers, the more states there are, and the fewer ticks can be afforded.
  const cases: readonly [name: string, trip: TripRule, ticks: number][] = [
    ['two failures in a row', consecutiveFailures(2), 5],
    ['half of four calls', failureRate({ threshold: 0.5, minimumCalls: 2, window: { calls: 4 } }), 3],
    ['confidence over time', failureConfidence({ window: 20 }), 2],
  ];
  for (const [name, trip, ticks] of cases) {
    for (const [required, concurrent, slowCallDuration] of [
      [1, 1, Infinity],
      [2, 1, 1],
      [3, 2, 3],
    ] as const) {
      it(`keeps its laws in every interleaving of ${CALLS} calls (${name}, ${required} probes, ${concurrent} at once, slow from ${slowCallDuration})`, () => {
        const rules = { trips: [trip], required, concurrent, lease: LEASE, slowCallDuration, calm: CALM };

        const explored = explore(rules, ticks);

        expect(explored.kinds).toEqual(new Set(['closed', 'open', 'half-open']));
        totals.states += explored.states;
        totals.transitions += explored.transitions;
        totals.interleavings += explored.interleavings;
      });
    }
  }

  afterAll(() => {
    const { states, transitions, interleavings } = totals;
    console.log(`circuit explorer: ${states} states, ${transitions} transitions, ${interleavings} interleavings`);
  });
});

/** Walks every state that can be reached, checks the laws there, and counts the paths. */
function explore(
  rules: CircuitRules,
  ticks: number,
): { states: number; transitions: number; interleavings: bigint; kinds: Set<string> } {
  const kinds = new Set<string>();
  const paths = new Map<string, bigint>();
  let transitions = 0;

  const visit = (world: World, key: string): bigint => {
    const known = paths.get(key);
    if (known !== undefined) return known;
    kinds.add(world.circuit.state);
    checkRecovery(world, rules);
    let count = 0n;
    for (const next of steps(world, rules)) {
      const nextKey = keyOf(next);
      if (nextKey === key) continue;
      transitions++;
      checkState(next, rules);
      count += visit(next, nextKey);
    }
    paths.set(key, count || 1n);
    return count || 1n;
  };

  const left = { calls: CALLS, ticks, isolations: 1, resets: 1 };
  const start: World = { circuit: circuit(rules), running: [], now: 0, left, log: [] };
  const interleavings = visit(start, keyOf(start));
  return { states: paths.size, transitions, interleavings, kinds };
}

/** Everything that can happen next. */
function steps(world: World, rules: CircuitRules): World[] {
  const found: World[] = [];
  const step = (change: (next: World) => void): void => {
    const next = copy(world);
    change(next);
    found.push(next);
  };
  if (world.left.calls) {
    step((next) => {
      next.left.calls--;
      catchUp(next, rules);
      const grant = act(next, () => admit(next.circuit, next.now, rules));
      if (grant) next.running.push(grant);
    });
  }
  world.running.forEach((_, index) => {
    for (const outcome of ['success', 'failure', 'neutral'] as const) {
      step((next) => finish(next, index, outcome, rules));
    }
    step((next) => {
      catchUp(next, rules);
      const grant = next.running[index]!;
      const current = grant.era === next.circuit.era;
      const counts = current && next.circuit.state === 'closed';
      // A probe that is late has failed by now, and one that is not late is not overdue.
      if (current && (!counts || grant.countedSlow)) return;
      act(
        next,
        () => overdue(next.circuit, grant, next.now, rules),
        counts ? { failed: false, slow: true } : undefined,
      );
    });
  });
  if (world.left.ticks) {
    step((next) => {
      next.left.ticks--;
      next.now++;
    });
  }
  if (world.left.isolations) {
    step((next) => {
      next.left.isolations--;
      catchUp(next, rules);
      act(next, () => isolate(next.circuit, next.now));
    });
  }
  if (world.circuit.isolations) {
    step((next) => {
      catchUp(next, rules);
      act(next, () => release(next.circuit, next.now));
    });
  }
  if (world.left.resets) {
    step((next) => {
      next.left.resets--;
      catchUp(next, rules);
      act(next, () => reset(next.circuit, next.now));
    });
  }
  return found;
}

/** What the breaker does before everything else. */
function catchUp(world: World, rules: CircuitRules): void {
  act(world, () => expireProbe(world.circuit, world.now, rules));
  if (world.circuit.openFor < 0) holdOpen(world.circuit, OPEN);
}

/** Makes one transition; where the circuit forgets, a new log begins. */
function act<T>(world: World, transition: () => T, counted?: { failed: boolean; slow: boolean }): T {
  const { era } = world.circuit;
  if (counted) world.log.push(counted);
  const result = transition();
  if (world.circuit.era !== era && FORGETTING.includes(world.circuit.reason)) world.log.length = 0;
  return result;
}

function finish(world: World, index: number, outcome: Outcome, rules: CircuitRules): void {
  catchUp(world, rules);
  const before = copyCircuit(world.circuit);
  const [grant] = world.running.splice(index, 1) as [Grant];
  const current = grant.era === before.era;
  const counts = current && before.state === 'closed' && outcome !== 'neutral';
  act(world, () => settle(world.circuit, grant, outcome, false, world.now, rules), undefined);
  if (counts) {
    if (!grant.countedSlow) world.log.push({ failed: outcome === 'failure', slow: false });
    else if (outcome === 'failure') world.log.find(({ failed, slow }) => slow && !failed)!.failed = true;
  }
  // A grant of another era changes nothing; a neutral outcome never changes the state.
  if (!current && JSON.stringify(world.circuit) !== JSON.stringify(before))
    throw new Error('a stale grant changed something');
  if (outcome === 'neutral' && world.circuit.era !== before.era) throw new Error('a neutral outcome changed the state');
}

function checkState(
  { circuit: { state, probes, windows, isolations, era }, running, log }: World,
  rules: CircuitRules,
): void {
  const underWay = running.filter((grant) => grant.era === era).length;
  if (state === 'half-open' && probes.length > Math.min(rules.concurrent, rules.required))
    throw new Error('too many probes');
  if (state !== 'half-open' && probes.length) throw new Error('probes outside half-open');
  if (state === 'half-open' && !isolations && probes.length !== underWay) throw new Error('a place that nobody has');
  for (const { buckets, sums } of windows) {
    if (!buckets.length) continue;
    sums.forEach((sum, part) => {
      const recount = buckets.reduce((all, value, at) => all + (at % 3 === part ? value : 0), 0);
      if (sum !== recount) throw new Error('the sums are not those of the buckets');
    });
    if (state !== 'closed') continue;
    // Nothing has left these windows yet: four calls fit, and the time is shorter.
    const expected = [log.length, log.filter(({ failed }) => failed).length, log.filter(({ slow }) => slow).length];
    if (sums.join() !== expected.join())
      throw new Error(`totals ${sums.join()} are not the recount ${expected.join()}`);
  }
}

/** From everywhere, time and healthy calls lead to closed. */
function checkRecovery(world: World, rules: CircuitRules): void {
  const next = copy(world);
  if (next.circuit.isolations) act(next, () => release(next.circuit, next.now));
  for (let round = 0; next.circuit.state !== 'closed'; round++) {
    if (round > 10) throw new Error('no way back to closed');
    next.now += Math.max(LEASE, OPEN);
    catchUp(next, rules);
    for (let grant = admit(next.circuit, next.now, rules); grant; grant = admit(next.circuit, next.now, rules)) {
      settle(next.circuit, grant, 'success', false, next.now, rules);
      if ((next.circuit.state as string) === 'closed') break;
    }
  }
}

/** Equal for states that cannot be told apart by anything that may still happen: times and eras count from now. */
function keyOf({ circuit, running, now, left }: World): string {
  const { era, since, probes, isolations, state, openFor, openings, successes, consecutiveFailures } = circuit;
  const grants = running.map((grant) => `${grant.era === era ? now - grant.at : 'stale'}${grant.countedSlow}`).sort();
  const windows = circuit.windows.map(({ head, buckets }) =>
    buckets.length ? [now - 2 * head, head, ...buckets] : [],
  );
  const counts = [isolations, openFor, openings, successes, consecutiveFailures, Math.min(now - since, CALM)];
  return [state, counts, probes.map((at) => now - at), grants, windows, Object.values(left)].join('|');
}

function copy({ circuit, running, now, left, log }: World): World {
  return {
    circuit: copyCircuit(circuit),
    running: running.map((grant) => ({ ...grant })),
    now,
    left: { ...left },
    log: log.map((entry) => ({ ...entry })),
  };
}

function copyCircuit(circuit: Circuit): Circuit {
  const windows = circuit.windows.map(({ buckets, head, sums }) => ({ buckets: [...buckets], head, sums: [...sums] }));
  return { ...circuit, probes: [...circuit.probes], windows };
}
