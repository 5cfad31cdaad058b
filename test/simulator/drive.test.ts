import { describe, expect, it } from 'vitest';
import { drive } from '../../src/simulator/drive.ts';
import { EventQueue } from '../../src/simulator/event-queue.ts';
import { pulse } from '../../src/simulator/pulse.ts';

describe('drive()', () => {
  it.each(['quick', 'exact'] as const)(
    'lets all that follows by promises be done before the next event (%s)',
    async (settling) => {
      const queue = new EventQueue();
      const beat = pulse();
      const seen: string[] = [];
      queue.plan(1, () => {
        beat.stirred = true;
        void (async () => {
          for (let turn = 0; turn < 7; turn++) await undefined;
          beat.beats++;
          for (let turn = 0; turn < 7; turn++) await undefined;
          seen.push(`followed at ${queue.now()}`);
        })();
      });
      queue.plan(2, () => seen.push('next'));

      const driven = await drive(queue, beat, 10, settling, () => undefined);

      expect(seen).toEqual(['followed at 1', 'next']);
      expect([driven, queue.now()]).toEqual([{ events: 2, why: undefined }, 10]);
    },
  );

  it('waits for nothing where an event has stirred nothing', async () => {
    const queue = new EventQueue();
    const seen: string[] = [];
    queue.plan(1, () => void Promise.resolve().then(() => seen.push('later')));
    queue.plan(1, () => seen.push('next'));

    await drive(queue, pulse(), 1, 'quick', () => undefined);
    await undefined;

    expect(seen).toEqual(['next', 'later']);
  });

  it('takes a breath every 4 096 events, and ends there if it is told to', async () => {
    const queue = new EventQueue();
    const breaths: number[] = [];
    const again = (): void => void queue.plan(1, again);
    again();

    const driven = await drive(queue, pulse(), Infinity, 'quick', (events) => {
      breaths.push(events);
      return events > 5_000 ? 'enough' : undefined;
    });

    expect([driven, breaths]).toEqual([{ events: 8_192, why: 'enough' }, [4_096, 8_192]]);
  });
});
