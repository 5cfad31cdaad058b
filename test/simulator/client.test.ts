import { describe, expect, it } from 'vitest';
import { Bulkhead, pipeline, type Policy } from 'holdfast';
import { arrivals } from '../../src/simulator/arrivals.ts';
import type { Askable } from '../../src/simulator/ask-all.ts';
import { Client } from '../../src/simulator/client.ts';
import { conditions } from '../../src/simulator/conditions.ts';
import { EventQueue } from '../../src/simulator/event-queue.ts';
import { pulse } from '../../src/simulator/pulse.ts';
import { Recorder } from '../../src/simulator/recorder.ts';
import type { Arrivals } from '../../src/simulator/arrivals.ts';
import { turns } from '../rejection.ts';

async function played(process: Arrivals, policy: Policy, answer: 'good' | 'bad' | 'none', patience = Infinity) {
  const [queue, beat, recorder] = [new EventQueue(), pulse(), new Recorder()];
  const stirred: boolean[] = [];
  const service: Askable = {
    send(_, resolve, reject) {
      if (answer === 'good') queue.plan(10, resolve);
      else if (answer === 'bad') queue.plan(10, () => reject(new Error('bad')));
    },
  };
  const parts = {
    arrivals: arrivals(process, conditions([]), () => 0),
    services: [service, service],
    policy,
    patience,
  };
  void new Client(parts, { queue, pulse: beat, recorder });
  for (let event = queue.next(100); event; event = queue.next(100)) {
    beat.stirred = false;
    event.happen();
    stirred.push(beat.stirred);
    await turns();
  }
  return { recorder, stirred, pending: queue.pending };
}

const bare = pipeline();

describe('Client', () => {
  it('calls as it arrives, asks all services, and tells what came of it', async () => {
    const { recorder } = await played({ kind: 'constant', rate: 25 }, bare, 'good');

    expect(recorder.total).toEqual({ offered: 3, sent: 6, succeeded: 3, failed: 0, refused: 0 });
    expect(recorder.latency.max).toBe(10);
  });

  it('tells failures', async () => {
    const { recorder } = await played({ kind: 'constant', rate: 25 }, bare, 'bad');

    expect(recorder.total).toEqual({ offered: 3, sent: 6, succeeded: 0, failed: 3, refused: 0 });
  });

  it('tells refusals of its policy from failures, and that promises are on their way then', async () => {
    const full = new Bulkhead({ maxConcurrent: 1 });

    const { recorder, stirred } = await played({ kind: 'bursts', size: 2, every: 200 }, full, 'none');

    expect(recorder.total).toEqual({ offered: 2, sent: 2, succeeded: 0, failed: 0, refused: 1 });
    expect([stirred, recorder.inFlight]).toEqual([[true], 1]);
  });

  it('calls again a pause after the answer, one at a time', async () => {
    const process: Arrivals = { kind: 'closed', thinkTime: { kind: 'constant', mean: 20 } };

    const { recorder } = await played(process, bare, 'good');

    // At 20, 50 and 80.
    expect([recorder.total.offered, recorder.total.succeeded]).toEqual([3, 3]);
  });

  it('gives up when its patience is at an end, and leaves nothing behind otherwise', async () => {
    const process: Arrivals = { kind: 'bursts', size: 1, every: 1_000 };

    const impatient = await played(process, bare, 'none', 30);
    const served = await played(process, bare, 'good', 30);

    expect(impatient.recorder.total).toEqual({ offered: 1, sent: 2, succeeded: 0, failed: 1, refused: 0 });
    expect([served.recorder.total.succeeded, served.pending]).toEqual([1, 1]);
  });
});
