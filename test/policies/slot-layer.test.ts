import { describe, expect, it, vi } from 'vitest';
import { Bulkhead, BulkheadFullError, explain, onObserverError } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { run } from '../../src/base/call.ts';
import { slotLayer, type SlotLayer, type SlotRules } from '../../src/policies/slot-layer.ts';
import { rejection, turns } from '../rejection.ts';

const never = (): Promise<never> => new Promise(() => {});

function make(limit: number, rules: Partial<SlotRules> = {}): { layer: SlotLayer; grow: (to: number) => void } {
  let most = limit;
  const layer = slotLayer(() => most, {
    kind: 'bulkhead',
    name: undefined,
    maxQueued: 0,
    maxWait: Infinity,
    clock: new VirtualClock(),
    untilSettled: true,
    facts: {},
    on: undefined,
    ...rules,
  });
  return { layer, grow: (to) => (most = to) };
}

const counts = ({ running, queued }: SlotLayer): number[] => [running(), queued()];

describe('slotLayer()', () => {
  describe('take()', () => {
    it('takes a slot while there is one', () => {
      const { layer } = make(2);

      expect([layer.take(), layer.take(), layer.take()]).toEqual([true, true, false]);
      expect(counts(layer)).toEqual([2, 0]);
    });

    it('takes none while somebody waits for it, though there is one', () => {
      const { layer, grow } = make(1, { maxQueued: 1 });
      layer.take();
      void run([layer], never);

      grow(2);

      expect([layer.take(), counts(layer)]).toEqual([false, [1, 1]]);
    });
  });

  describe('release()', () => {
    it('hands the slot to the first in line at once', () => {
      const { layer } = make(1, { maxQueued: 2 });
      layer.take();
      void run([layer], never);
      void run([layer], never);

      layer.release();

      expect([counts(layer), layer.take()]).toEqual([[1, 1], false]);
    });

    it('hands nothing on while more run than may', () => {
      const { layer, grow } = make(3, { maxQueued: 2 });
      for (let slot = 0; slot < 3; slot++) layer.take();
      void run([layer], never);
      grow(1);

      const seen = [0, 1, 2].map(() => (layer.release(), counts(layer)));

      expect(seen).toEqual([
        [2, 1],
        [1, 1],
        [1, 0],
      ]);
    });
  });

  describe('refit()', () => {
    it('hands as many as are free to those who came first', async () => {
      const { layer, grow } = make(1, { maxQueued: 5 });
      const begun: number[] = [];
      layer.take();
      for (let call = 0; call < 5; call++) {
        void run([layer], () => {
          begun.push(call);
          return never();
        });
      }

      grow(4);
      layer.refit();
      const atOnce = counts(layer);
      await turns();

      expect([atOnce, begun]).toEqual([
        [4, 2],
        [0, 1, 2],
      ]);
    });

    it('does nothing where nobody waits', () => {
      const { layer } = make(1);

      layer.refit();

      expect(counts(layer)).toEqual([0, 0]);
    });
  });

  describe('reject()', () => {
    it.each([
      [undefined, 'Refused by bulkhead: 1 running, 0 queued'],
      ['', 'Refused by bulkhead: 1 running, 0 queued'],
      ['db', 'Refused by bulkhead db: 1 running, 0 queued'],
    ])('makes an error that says whose it is (%j), and tells the observer', (name, message) => {
      const rejected = vi.fn();
      const { layer } = make(1, { name, on: { rejected } });
      layer.take();

      const error = layer.reject();

      expect(error).toBeInstanceOf(BulkheadFullError);
      expect({ ...error, message: error.message }).toEqual({
        code: 'ERR_BULKHEAD_FULL',
        retryAfter: undefined,
        running: 1,
        queued: 0,
        message,
      });
      expect(rejected.mock.calls).toEqual([[{ error }]]);
    });

    it('holds its own whatever the observer throws', () => {
      const reported = vi.fn();
      const broken = new Error('broken');
      const { layer } = make(1, {
        on: {
          rejected() {
            throw broken;
          },
        },
      });
      onObserverError(reported);

      const error = layer.reject();
      onObserverError(undefined);

      expect(error).toBeInstanceOf(BulkheadFullError);
      expect(reported.mock.calls).toEqual([[broken, 'rejected']]);
    });
  });

  describe('what it shows of itself', () => {
    it('is its kind, and its limits as they are at the time', () => {
      const bulkhead = new Bulkhead({ maxConcurrent: 1, name: 'db', maxQueued: 3, maxWait: 70 });
      const shown = (): unknown => explain(bulkhead).policies;
      const before = shown();

      bulkhead.resize(5);

      const rest = { maxQueued: 3, maxWait: 70, releaseOn: 'settle', name: 'db' };
      expect(before).toEqual([{ policy: 'bulkhead', maxConcurrent: 1, ...rest }]);
      expect(shown()).toEqual([{ policy: 'bulkhead', maxConcurrent: 5, ...rest }]);
    });

    it('weighs 1 while somebody has a slot', () => {
      const { layer } = make(2);

      const weights = [layer.weight!()];
      layer.take();
      layer.take();
      weights.push(layer.weight!());
      layer.release();
      layer.release();
      weights.push(layer.weight!());

      expect(weights).toEqual([0, 1, 0]);
    });
  });

  describe('a call that has been handed a slot and has not begun', () => {
    it.each([true, false])('hands it on at once where it is aborted (untilSettled: %s)', async (untilSettled) => {
      const { layer } = make(1, { maxQueued: 2, untilSettled });
      const controller = new AbortController();
      const [first, second] = [vi.fn(never), vi.fn(never)];
      layer.take();
      const outcome = rejection(run([layer], first, { signal: controller.signal }));
      void run([layer], second);

      layer.release();
      controller.abort('stop');
      const atOnce = counts(layer);
      await turns();

      expect([await outcome, atOnce, counts(layer)]).toEqual(['stop', [1, 0], [1, 0]]);
      expect([first.mock.calls.length, second.mock.calls.length]).toEqual([0, 1]);
    });
  });

  describe('one and the same twice in a call', () => {
    it('takes two slots, and gives both back', async () => {
      const { layer } = make(2);
      const seen: unknown[] = [];

      await run([layer, layer], () => seen.push(counts(layer)));

      expect([seen, counts(layer)]).toEqual([[[2, 0]], [0, 0]]);
    });
  });

  describe('given a clock that cannot set a timer', () => {
    it('refuses the call that would wait, and keeps no place for it', async () => {
      const broken = new Error('broken');
      const clock = {
        now: () => 0,
        setTimer: () => {
          throw broken;
        },
      };
      const { layer } = make(1, { maxQueued: 1, maxWait: 10, clock });
      layer.take();

      const outcome = await rejection(run([layer], never));
      layer.release();
      await turns();

      expect([outcome, counts(layer)]).toEqual([broken, [0, 0]]);
    });
  });

  describe('given a clock that cannot cancel a timer', () => {
    const broken = new Error('broken');
    const clock = {
      now: () => 0,
      setTimer: () => () => {
        throw broken;
      },
    };

    it('lets an aborted waiter go', async () => {
      onObserverError(() => {});
      const { layer } = make(1, { maxQueued: 1, maxWait: 10, clock });
      const controller = new AbortController();
      layer.take();

      const outcome = rejection(run([layer], never, { signal: controller.signal }));
      controller.abort('stop');
      const error = await outcome;
      onObserverError(undefined);

      expect([error, counts(layer)]).toEqual(['stop', [1, 0]]);
    });
  });
});
