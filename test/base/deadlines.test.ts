import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { describe, expect, it } from 'vitest';
import { Call } from '../../src/base/call.ts';
import { deadlines, type Deadlines } from '../../src/base/deadlines.ts';
import { VirtualClock } from 'holdfast/testing';

const call = (): Call =>
  new Call(
    [],
    () => {},
    {},
    () => {},
    () => {},
  );

/** A line of deadlines that writes down who expired, where and when. */
function make(ms: number, clock = new VirtualClock()): { clock: VirtualClock; line: Deadlines; expired: unknown[] } {
  const expired: unknown[] = [];
  const line = deadlines(ms, clock, (which, at) => expired.push([names.get(which), at, clock.now()]));
  return { clock, line, expired };
}

const names = new WeakMap<Call, string>();
function named(name: string): Call {
  const made = call();
  names.set(made, name);
  return made;
}

describe('deadlines()', () => {
  it('sets no timer before somebody joins', () => {
    const { clock } = make(100);

    expect(clock.pending).toBe(0);
  });

  describe('given one in the line', () => {
    it('expires him at his time, once, and leaves no timer', async () => {
      const { clock, line, expired } = make(100);

      const due = line.join(named('a'), 2);
      await clock.advance(99);
      const before = [...expired];
      await clock.advance(1);
      await clock.advance(1_000);

      expect(due).toMatchObject({ at: 2, deadline: 100 });
      expect([before, expired, clock.pending]).toEqual([[], [['a', 2, 100]], 0]);
    });

    it('does not expire him when he has left, and takes the timer away at once', async () => {
      const { clock, line, expired } = make(100);

      const due = line.join(named('a'), 0);
      line.leave(due);
      const { pending } = clock;
      line.leave(due);
      await clock.advance(1_000);

      expect([pending, expired]).toEqual([0, []]);
    });

    it('tells how long he has left, also when that is over', async () => {
      const { clock, line } = make(100, new VirtualClock(5_000));

      const due = line.join(named('a'), 0);
      const left = [line.left(due)];
      await clock.advance(30);
      left.push(line.left(due));
      clock.jump(100);
      left.push(line.left(due));

      expect(left).toEqual([100, 70, -30]);
    });

    it('takes the departure of nobody in good part', () => {
      const { clock, line } = make(100);
      line.join(named('a'), 0);

      line.leave(undefined);

      expect(clock.pending).toBe(1);
    });
  });

  describe('given several', () => {
    it('expires them in the order in which they came, with one timer', async () => {
      const { clock, line, expired } = make(100);

      line.join(named('a'), 0);
      line.join(named('b'), 0);
      await clock.advance(40);
      line.join(named('c'), 1);
      const { pending } = clock;
      await clock.runAll();

      expect(pending).toBe(1);
      expect(expired).toEqual([
        ['a', 0, 100],
        ['b', 0, 100],
        ['c', 1, 140],
      ]);
    });

    it('keeps the deadline of the second where the first has left', async () => {
      const { clock, line, expired } = make(100);

      const first = line.join(named('a'), 0);
      await clock.advance(40);
      line.join(named('b'), 0);
      line.leave(first);
      await clock.runAll();

      expect(expired).toEqual([['b', 0, 140]]);
    });
  });

  describe('given one whose time began before he joins', () => {
    it('expires him at his time, before those who have longer', async () => {
      const { clock, line, expired } = make(100);
      line.join(named('a'), 0);
      await clock.advance(10);
      const due = line.due(line.now());
      await clock.advance(20);
      line.join(named('b'), 0);

      const left = line.left(due);
      const joined = line.join(named('c'), 1, due);
      await clock.runAll();

      expect([left, joined === due, clock.pending]).toEqual([80, true, 0]);
      expect(expired).toEqual([
        ['a', 0, 100],
        ['c', 1, 110],
        ['b', 0, 130],
      ]);
    });

    it('expires him after those who came to the same deadline before', async () => {
      const { clock, line, expired } = make(100);
      const due = line.due(line.now());
      line.join(named('a'), 0);

      line.join(named('b'), 0, due);
      await clock.runAll();

      expect(expired).toEqual([
        ['a', 0, 100],
        ['b', 0, 100],
      ]);
    });

    it.each([
      ['at his time', 40, 100],
      ['at once where that is over', 150, 150],
    ])('expires him %s, though the timer is set for another one', async (_, later, at) => {
      const { clock, line, expired } = make(100);
      const due = line.due(line.now());
      clock.jump(later);

      line.join(named('long'), 0);
      line.join(named('handed'), 0, due);
      await clock.runAll();

      expect(expired).toEqual([
        ['handed', 0, at],
        ['long', 0, later + 100],
      ]);
    });
  });

  describe('given one who leaves as another expires', () => {
    it('does not expire him, though he was due', async () => {
      const clock = new VirtualClock();
      const expired: unknown[] = [];
      const line = deadlines(100, clock, (which) => {
        expired.push(names.get(which));
        line.leave(second);
      });
      line.join(named('a'), 0);
      const second = line.join(named('b'), 0);

      await clock.advance(100);

      expect([expired, clock.pending]).toEqual([['a'], 0]);
    });
  });

  describe('given one who joins as another expires', () => {
    it.each([
      ['after his own time', 100, ['a at 100', 'b at 200', 'c at 300']],
      ['in the next round where that is 0', 0, ['a at 0', 'b at 0', 'c at 0']],
    ])('expires him %s', async (_, ms, expected) => {
      const clock = new VirtualClock();
      const expired: unknown[] = [];
      const rest = ['b', 'c'];
      const line = deadlines(ms, clock, (which) => {
        expired.push(`${names.get(which)} at ${clock.now()}`);
        const next = rest.shift();
        if (next) line.join(named(next), 0);
      });

      line.join(named('a'), 0);
      await clock.runAll();

      expect([expired, clock.pending]).toEqual([expected, 0]);
    });
  });

  describe('given one who joins as another expires, while a third waits', () => {
    it('expires the third at his own time', async () => {
      const clock = new VirtualClock();
      const expired: unknown[] = [];
      const line = deadlines(100, clock, (which) => {
        expired.push([names.get(which), clock.now()]);
        if (expired.length === 1) line.join(named('late'), 0);
      });

      line.join(named('a'), 0);
      await clock.advance(50);
      line.join(named('b'), 0);
      await clock.runAll();

      expect(expired).toEqual([
        ['a', 100],
        ['b', 150],
        ['late', 200],
      ]);
    });
  });

  describe('given no time at all', () => {
    it('rings once for each one who joins as the one before him expires, so that nothing else has to wait', async () => {
      const clock = new VirtualClock();
      let rings = 0;
      let expired = 0;
      const setTimer: VirtualClock['setTimer'] = (delay, callback) => {
        rings++;
        return clock.setTimer(delay, callback);
      };
      const line = deadlines(0, { now: clock.now, setTimer }, () => {
        if (++expired < 5) line.join(call(), 0);
      });

      line.join(call(), 0);
      await clock.runAll();

      expect([expired, rings, clock.pending]).toEqual([5, 5, 0]);
    });
  });

  describe('given a clock whose reading stands still', () => {
    it('takes the ring of the alarm for the time', async () => {
      const clock = new VirtualClock();
      const expired: unknown[] = [];
      const line = deadlines(100, { now: () => 0, setTimer: clock.setTimer }, (which) =>
        expired.push([names.get(which), clock.now()]),
      );

      line.join(named('a'), 0);
      line.join(named('b'), 0);
      await clock.runAll();

      expect(expired).toEqual([
        ['a', 100],
        ['b', 100],
      ]);
    });
  });

  describe('given one whose expiry fails', () => {
    it('lets that out, and expires the others all the same', async () => {
      const clock = new VirtualClock();
      const broken = new Error('broken');
      const expired: unknown[] = [];
      const line = deadlines(100, clock, (which) => {
        expired.push(names.get(which));
        if (expired.length === 1) throw broken;
      });
      line.join(named('a'), 0);
      line.join(named('b'), 0);

      const failure = await clock.advance(100).catch((error: unknown) => error);
      await clock.runAll();

      expect([failure, expired, clock.now(), clock.pending]).toEqual([broken, ['a', 'b'], 100, 0]);
    });
  });

  describe('given a clock that cannot set a timer', () => {
    it('lets that out, and has nobody in the line', async () => {
      const clock = new VirtualClock();
      const broken = new Error('broken');
      let fails = true;
      const setTimer: VirtualClock['setTimer'] = (delay, callback) => {
        if (fails) throw broken;
        return clock.setTimer(delay, callback);
      };
      const expired: unknown[] = [];
      const line = deadlines(100, { now: clock.now, setTimer }, (which) => expired.push(names.get(which)));

      expect(() => line.join(named('a'), 0)).toThrow(broken);
      fails = false;
      line.join(named('b'), 0);
      await clock.runAll();

      expect(expired).toEqual(['b']);
    });
  });

  it('expires each in the async context in which he joined', async () => {
    const clock = new VirtualClock();
    const storage = new AsyncLocalStorage<string>();
    const setTimer: VirtualClock['setTimer'] = (delay, callback) => clock.setTimer(delay, AsyncResource.bind(callback));
    const seen: unknown[] = [];
    const line = deadlines(100, { now: clock.now, setTimer }, () => seen.push(storage.getStore()));

    for (const name of ['one', 'two']) storage.run(name, () => line.join(call(), 0));
    await storage.run('whoever moves the clock', () => clock.runAll());

    expect(seen).toEqual(['one', 'two']);
  });
});
