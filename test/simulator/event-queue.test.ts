import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventQueue } from '../../src/simulator/event-queue.ts';

/** Lets everything happen, and says what happened when. */
function played(queue: EventQueue, end = 1e9): number {
  let events = 0;
  for (let event = queue.next(end); event; event = queue.next(end)) {
    event.happen();
    events++;
  }
  return events;
}

describe('EventQueue', () => {
  describe('given events in any order, some of them called off', () => {
    it('lets the others happen by time, and at the same time in the order of being set', () => {
      const plans = fc.array(fc.record({ delay: fc.nat(20), calledOff: fc.boolean() }), { maxLength: 60 });

      fc.assert(
        fc.property(plans, (plans) => {
          const queue = new EventQueue();
          const happened: { at: number; order: number }[] = [];
          const events = plans.map(({ delay }, order) =>
            queue.plan(delay, () => happened.push({ at: queue.now(), order })),
          );

          plans.forEach(({ calledOff }, index) => calledOff && queue.callOff(events[index]!));
          const pending = queue.pending;
          const count = played(queue);

          const expected = plans
            .map(({ delay, calledOff }, order) => ({ at: delay, order, calledOff }))
            .filter(({ calledOff }) => !calledOff)
            .map(({ at, order }) => ({ at, order }))
            .sort((one, other) => one.at - other.at || one.order - other.order);
          expect(happened).toEqual(expected);
          expect([pending, count, queue.pending]).toEqual([expected.length, expected.length, 0]);
        }),
      );
    });
  });

  describe('as a clock', () => {
    it('calls a timer back at its time, unless that was cancelled', () => {
      const queue = new EventQueue();
      const seen: number[] = [];
      queue.setTimer(5, () => seen.push(queue.now()));
      const cancel = queue.setTimer(3, () => seen.push(-1));

      cancel();
      played(queue);
      cancel();

      expect(seen).toEqual([5]);
    });

    it('never calls one back that was set for ever', () => {
      const queue = new EventQueue();

      const cancel = queue.setTimer(Infinity, () => {});
      cancel();

      expect([queue.pending, played(queue)]).toEqual([0, 0]);
    });

    it('stands at the end when there is nothing before it', () => {
      const queue = new EventQueue();
      queue.plan(10, () => {});

      const event = queue.next(4);

      expect([event, queue.now(), queue.pending]).toEqual([undefined, 4, 1]);
    });

    it('is never moved back', () => {
      const queue = new EventQueue();

      queue.next(9);
      queue.next(4);

      expect(queue.now()).toBe(9);
    });
  });
});
