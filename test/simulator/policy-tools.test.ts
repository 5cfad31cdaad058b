import { describe, expect, it } from 'vitest';
import { EventQueue } from '../../src/simulator/event-queue.ts';
import { policyTools } from '../../src/simulator/policy-tools.ts';
import { pulse } from '../../src/simulator/pulse.ts';

describe('policyTools()', () => {
  it('gives the time of the queue and the chance that is handed in, and counts every use', () => {
    const beat = pulse();
    const queue = new EventQueue();
    const { clock, random } = policyTools(queue, beat)(() => 0.25);
    queue.next(7);

    const seen = [clock.now(), random()];

    expect([seen, beat]).toEqual([[7, 0.25], { stirred: false, beats: 2 }]);
  });

  it('stirs when a timer of a policy fires, not when it is set or cancelled', () => {
    const beat = pulse();
    const queue = new EventQueue();
    const { clock } = policyTools(queue, beat)(() => 0);
    const seen: string[] = [];

    clock.setTimer(5, () => seen.push('cancelled'))();
    clock.setTimer(5, () => seen.push('fired'));
    const before = { ...beat };
    queue.next(9)!.happen();

    expect([seen, before, beat.stirred]).toEqual([['fired'], { stirred: false, beats: 2 }, true]);
  });

  it('sleeps by that clock', async () => {
    const queue = new EventQueue();
    const { sleep } = policyTools(queue, pulse())(() => 0);

    const slept = sleep(5).then(() => queue.now());
    await Promise.resolve();
    queue.next(9)!.happen();

    expect(await slept).toBe(5);
  });
});
