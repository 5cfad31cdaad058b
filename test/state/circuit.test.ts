import { describe, expect, it } from 'vitest';
import { anyOf, consecutiveFailures, failureRate, slowCallRate } from 'holdfast';
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
import { rulesOf, type TripRule } from '../../src/state/trip-rule.ts';

const rulesWith = (...trips: TripRule[]): CircuitRules => ({
  trips,
  required: 2,
  concurrent: 1,
  lease: 50,
  slowCallDuration: Infinity,
  calm: 1_000,
});
const rules = rulesWith(consecutiveFailures(2));
const summary = ({ state, era, reason, since, openFor, openings, probes, successes }: Circuit): unknown => [
  state,
  era,
  reason,
  since,
  openFor,
  openings,
  [...probes],
  successes,
];

/** Lets a call in and takes its outcome at once. */
function call(memory: Circuit, now: number, outcome: 'success' | 'failure' | 'neutral', by = rules): void {
  settle(memory, admit(memory, now, by)!, outcome, false, now, by);
}

/** A circuit that opened at 10, for 100 ms. */
function opened(by = rules): Circuit {
  const memory = circuit(by);
  while (memory.state === 'closed') call(memory, 10, 'failure', by);
  holdOpen(memory, 100);
  return memory;
}

describe('circuit()', () => {
  it('begins closed, as plain data, with a window for each rule', () => {
    const memory = circuit(rulesWith(consecutiveFailures(2), failureRate({ threshold: 0.5, window: { calls: 10 } })));

    expect(memory).toEqual({
      state: 'closed',
      isolations: 0,
      era: 0,
      reason: 'reset',
      since: 0,
      openFor: 0,
      openings: 0,
      probes: [],
      successes: 0,
      consecutiveFailures: 0,
      windows: [
        { buckets: [], head: 0, sums: [0, 0, 0] },
        { buckets: Array.from({ length: 30 }, () => 0), head: 0, sums: [0, 0, 0] },
      ],
    });
    expect(JSON.parse(JSON.stringify(memory))).toEqual(memory);
  });
});

describe('a circuit', () => {
  it('goes from closed to open, to half-open and back, with an era for each', () => {
    const memory = circuit(rules);
    const walk: unknown[] = [];
    const note = (): unknown => walk.push(summary(memory));

    call(memory, 5, 'failure');
    note();
    call(memory, 10, 'failure');
    note();
    holdOpen(memory, 100);
    const refused = admit(memory, 109.9, rules);
    const probe = admit(memory, 110, rules)!;
    note();
    settle(memory, probe, 'success', false, 120, rules);
    note();
    call(memory, 130, 'success');
    note();

    expect(refused).toBeUndefined();
    expect(walk).toEqual([
      ['closed', 0, 'reset', 0, 0, 0, [], 0],
      ['open', 1, 'tripped', 10, -1, 1, [], 0],
      ['half-open', 2, 'open-elapsed', 110, 100, 1, [110], 0],
      ['half-open', 2, 'open-elapsed', 110, 100, 1, [], 1],
      ['closed', 3, 'probes-succeeded', 130, 100, 1, [], 0],
    ]);
    expect(memory.consecutiveFailures).toBe(0);
  });

  it('counts failures in a row, which a success ends and a neutral outcome does not', () => {
    const memory = circuit(rulesWith(consecutiveFailures(3)));
    const inARow = (['failure', 'neutral', 'failure', 'success', 'failure'] as const).map((outcome) => {
      call(memory, 0, outcome, rulesWith(consecutiveFailures(3)));
      return memory.consecutiveFailures;
    });

    expect([inARow, memory.state]).toEqual([[1, 1, 2, 0, 1], 'closed']);
  });

  it('opens again on the first failed probe, at that time', () => {
    const memory = opened();

    const probe = admit(memory, 200, rules)!;
    settle(memory, probe, 'failure', false, 220, rules);

    expect(summary(memory)).toEqual(['open', 3, 'probe-failed', 220, -1, 2, [], 0]);
  });

  it.each([
    ['expires', Infinity, 'probe-expired', 250],
    ['expires before it is slow', 60, 'probe-expired', 250],
    ['is slow', 40, 'probe-failed', 240],
  ])('opens again when a probe %s, at the moment it did', (_, slowCallDuration, reason, since) => {
    const by = { ...rules, slowCallDuration };
    const memory = opened();
    const probe = admit(memory, 200, by)!;

    expireProbe(memory, since - 0.1, by);
    const before = memory.state;
    expireProbe(memory, 300, by);
    settle(memory, probe, 'success', true, 300, by);

    expect(before).toBe('half-open');
    expect(summary(memory)).toEqual(['open', 3, reason, since, -1, 2, [], 0]);
  });

  it('gives the place of a probe back on a neutral outcome', () => {
    const memory = opened();

    const first = admit(memory, 200, rules)!;
    const refused = admit(memory, 200, rules);
    settle(memory, first, 'neutral', false, 210, rules);
    const second = admit(memory, 210, rules);

    expect([refused, second, memory.probes]).toEqual([
      undefined,
      { era: memory.era, at: 210, countedSlow: false },
      [210],
    ]);
  });

  it('never has more probes under way than can still count', () => {
    const wide = { ...rules, concurrent: 5 };
    const memory = opened(wide);

    const grants = [1, 2, 3].map(() => admit(memory, 200, wide));
    settle(memory, grants[0]!, 'success', false, 210, wide);
    const next = admit(memory, 210, wide);

    expect([grants.map(Boolean), next, memory.probes]).toEqual([[true, true, false], undefined, [200]]);
  });

  it('takes nothing from an earlier era', () => {
    const memory = circuit(rules);
    const late = [1, 2].map(() => admit(memory, 0, rules)!);
    call(memory, 10, 'failure');
    call(memory, 10, 'failure');
    const before = structuredClone(memory);

    for (const grant of late) settle(memory, grant, 'failure', true, 20, rules);
    overdue(memory, late[0]!, 20, rules);

    expect(memory).toEqual(before);
  });

  it('counts openings in a row, until it has been closed for a calm time', () => {
    const openings = [999, 1_000].map((calm) => {
      const memory = opened();
      call(memory, 110, 'success');
      call(memory, 110, 'success');
      call(memory, 110 + calm, 'failure');
      call(memory, 110 + calm, 'failure');
      return [memory.state, memory.openings];
    });

    expect(openings).toEqual([
      ['open', 2],
      ['open', 1],
    ]);
  });

  it('lets nothing in while isolated, and goes on where it was', () => {
    const memory = opened();

    isolate(memory, 20);
    isolate(memory, 30);
    const held = [admit(memory, 500, rules), memory.reason, memory.era];
    release(memory, 40);
    const stillHeld = [admit(memory, 500, rules), memory.isolations];
    release(memory, 50);

    expect([held, stillHeld]).toEqual([
      [undefined, 'isolated', 2],
      [undefined, 1],
    ]);
    expect(summary(memory)).toEqual(['open', 3, 'released', 10, 100, 1, [], 0]);
    expect(admit(memory, 110, rules)).toEqual({ era: 4, at: 110, countedSlow: false });
  });

  it('closed by hand has forgotten everything but the isolation', () => {
    const memory = opened();
    isolate(memory, 20);

    reset(memory, 30);

    expect(summary(memory)).toEqual(['closed', 3, 'reset', 30, 100, 0, [], 0]);
    expect([memory.isolations, memory.consecutiveFailures]).toEqual([1, 0]);
  });

  describe('given slow calls', () => {
    const slow = rulesWith(slowCallRate({ threshold: 0.5, minimumCalls: 2 }));

    it('counts one that is overdue at once, and once', () => {
      const memory = circuit(slow);
      const grant = admit(memory, 0, slow)!;

      overdue(memory, grant, 10, slow);
      const counted: Grant = { ...grant };
      settle(memory, grant, 'success', true, 20, slow);

      expect(counted.countedSlow).toBe(true);
      expect(memory.windows[0]!.sums).toEqual([1, 0, 1]);
    });

    it('counts its failure besides', () => {
      const memory = circuit(slow);
      const grant = admit(memory, 0, slow)!;

      overdue(memory, grant, 10, slow);
      settle(memory, grant, 'failure', true, 20, slow);

      expect(memory.windows[0]!.sums).toEqual([1, 1, 1]);
    });

    it('opens on one that is overdue, where the rule says so', () => {
      const memory = circuit(slow);
      const grants = [1, 2].map(() => admit(memory, 0, slow)!);

      for (const grant of grants) overdue(memory, grant, 10, slow);

      expect(summary(memory)).toEqual(['open', 1, 'tripped', 10, -1, 1, [], 0]);
    });
  });

  it('asks every one of several rules each time, so that each has its window', () => {
    const several = rulesWith(
      ...rulesOf(
        anyOf(
          failureRate({ threshold: 1, minimumCalls: 1, window: { calls: 1 } }),
          failureRate({ threshold: 1, minimumCalls: 2, window: { calls: 2 } }),
        ),
      ),
    );
    const memory = circuit(several);

    call(memory, 0, 'failure', several);

    expect([memory.state, memory.windows.map(({ sums }) => sums)]).toEqual([
      'open',
      [
        [1, 1, 0],
        [1, 1, 0],
      ],
    ]);
  });

  it('asks a rule without a window after failures only, also beside others', () => {
    const asked: number[] = [];
    const row: TripRule = {
      window: undefined,
      trips: ({ consecutiveFailures }) => asked.push(consecutiveFailures) < 0,
    };
    const several = rulesWith(row, failureRate({ threshold: 1 }));
    const memory = circuit(several);

    for (const outcome of ['success', 'failure', 'neutral', 'failure', 'success'] as const) {
      call(memory, 0, outcome, several);
    }

    expect([asked, memory.windows.map(({ sums }) => sums)]).toEqual([
      [1, 2],
      [
        [0, 0, 0],
        [4, 2, 0],
      ],
    ]);
  });
});
