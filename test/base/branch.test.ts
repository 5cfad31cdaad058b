import { describe, expect, it, vi } from 'vitest';
import { TimeoutError, type CallContext, type Guarded } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { branch, type Branch } from '../../src/base/branch.ts';
import { Call, type Layer } from '../../src/base/call.ts';
import { around, remaining } from '../../src/base/context.ts';
import { begun, type Holder } from '../../src/base/holder.ts';
import { turns } from '../rejection.ts';

const down = new Error('down');
const never = (): Promise<never> => new Promise(() => {});

/** A layer that writes down what is done with it. */
function noted(log: unknown[], name: string, left = Infinity): Layer {
  return {
    kind: name,
    enter: () => log.push(`enter ${name}`) > 0,
    exit: (_call, _at, ok, value) => log.push([`exit ${name}`, ok, value]) > 0,
    cut: (_call, _at, error, aborted) => void log.push([`cut ${name}`, error, aborted]),
    remaining: () => left,
  };
}

function outerCall(layers: readonly Layer[]): Call {
  return new Call(
    layers,
    () => {},
    {},
    () => {},
    () => {},
  );
}

function branchOf(call: Call, at: number, inner: readonly Layer[], fn: Guarded<unknown>): [Branch, unknown[]] {
  const told: unknown[] = [];
  return [branch(call, at, inner, fn, 3, (ok, value) => told.push([ok, value])), told];
}

describe('branch()', () => {
  describe('given a function that succeeds', () => {
    it('tells so once it has been set going, after it has passed the layers inside', async () => {
      const log: unknown[] = [];
      const [made, told] = branchOf(outerCall([]), 0, [noted(log, 'inner')], () => 'up');

      await turns();
      const before = [...log, ...told];
      made.start();
      await turns();

      expect(before).toEqual([]);
      expect(log).toEqual(['enter inner', ['exit inner', true, 'up']]);
      expect(told).toEqual([[true, 'up']]);
    });

    it('is called in the same turn, with the attempt that it was given', () => {
      const fn = vi.fn(({ attempt }: CallContext) => attempt);
      const [made] = branchOf(outerCall([]), 0, [], fn);

      made.start();

      expect(fn.mock.results).toEqual([{ type: 'return', value: 3 }]);
    });
  });

  describe.each([
    ['rejects', (): Promise<never> => Promise.reject(down)],
    [
      'throws',
      (): never => {
        throw down;
      },
    ],
  ])('given a function that %s', (_, fn) => {
    it('tells so', async () => {
      const [made, told] = branchOf(outerCall([]), 0, [], fn);

      made.start();
      await turns();

      expect(told).toEqual([[false, down]]);
    });
  });

  describe('given layers around it', () => {
    it('has the nearest deadline of those around it, its own place included, and of those inside it', () => {
      const log: unknown[] = [];
      const outer = [noted(log, 'a', 70), noted(log, 'own', 60), noted(log, 'b', 5)];
      const seen: number[] = [];
      const fn = ({ remaining: left }: CallContext): void => void seen.push(left);

      branchOf(outerCall(outer), 1, [], fn)[0].start();
      branchOf(outerCall(outer), 1, [noted(log, 'c', 30)], fn)[0].start();

      expect(seen).toEqual([60, 30]);
    });

    it('finds their slots, that of its own place included', () => {
      const call = outerCall([noted([], 'retry'), noted([], 'hedge')]);
      call.slots[0] = 'the run';
      call.slots[1] = 'the race';
      const [{ call: inside }] = branchOf(call, 1, [noted([], 'inner')], never);

      expect([around(inside, 1, 'retry'), around(inside, 1, 'hedge')]).toEqual(['the run', 'the race']);
      expect(remaining(inside)).toBe(Infinity);
    });

    it('is held by those who hold the call that it is in', async () => {
      const holder: Holder = { outer: undefined, pending: 0 };
      const call = outerCall([]);
      call.holder = holder;
      const [made] = branchOf(call, 0, [], () => 'up');

      made.start();
      const during = holder.pending;
      await turns();

      expect([during, holder.pending]).toEqual([1, 0]);
    });
  });

  describe('end()', () => {
    it('aborts the attempt, cuts the layers inside from the inside out, and lets nothing be heard of it', async () => {
      const log: unknown[] = [];
      let signal: AbortSignal | undefined;
      const fn = (context: CallContext): Promise<never> => {
        ({ signal } = context);
        return never();
      };
      const [made, told] = branchOf(outerCall([]), 0, [noted(log, 'a'), noted(log, 'b')], fn);
      made.start();

      made.end('enough', true);
      await turns();

      expect(log.slice(2)).toEqual([
        ['cut b', 'enough', true],
        ['cut a', 'enough', true],
      ]);
      expect([told, signal!.aborted, signal!.reason]).toEqual([[], true, 'enough']);
    });

    it('says whether it was the caller', () => {
      const log: unknown[] = [];
      const error = new TimeoutError(5);
      const [made] = branchOf(outerCall([]), 0, [noted(log, 'a')], never);
      made.start();

      made.end(error, false);

      expect(log.slice(1)).toEqual([['cut a', error, false]]);
    });

    it('drops what comes late, and the work is held until it has', async () => {
      const clock = new VirtualClock();
      const holder: Holder = { outer: undefined, pending: 0 };
      const call = outerCall([]);
      call.holder = holder;
      const log: unknown[] = [];
      const late = (): Promise<string> => new Promise((resolve) => clock.setTimer(50, () => resolve('late')));
      const [made, told] = branchOf(call, 0, [noted(log, 'a')], late);
      made.start();

      made.end('enough', true);
      const after = holder.pending;
      await clock.advance(50);

      expect([after, holder.pending, told]).toEqual([1, 0, []]);
      expect(log).toEqual(['enter a', ['cut a', 'enough', true]]);
    });

    it('changes nothing where it has settled', async () => {
      const log: unknown[] = [];
      const [made, told] = branchOf(outerCall([]), 0, [noted(log, 'a')], () => 'up');
      made.start();
      await turns();

      made.end('enough', true);

      expect(log).toEqual(['enter a', ['exit a', true, 'up']]);
      expect(told).toEqual([[true, 'up']]);
    });

    it('before it was set going, cuts nothing', () => {
      const log: unknown[] = [];
      const [made, told] = branchOf(outerCall([]), 0, [noted(log, 'a')], never);

      made.end('enough', true);

      expect([log, told]).toEqual([[], []]);
    });
  });

  it('leaves the holders of the call as they were', () => {
    const holder: Holder = { outer: undefined, pending: 0 };
    const call = outerCall([]);
    call.holder = holder;
    begun(holder, 1);

    const [made] = branchOf(call, 0, [], never);

    expect([made.call.holder, holder.pending]).toEqual([holder, 1]);
  });
});
