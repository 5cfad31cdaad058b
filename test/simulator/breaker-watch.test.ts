import { describe, expect, it } from 'vitest';
import { CircuitBreaker, consecutiveFailures, pipeline, retry, standard } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { BreakerWatch } from '../../src/simulator/breaker-watch.ts';

const down = (): Promise<never> => Promise.reject(new Error('down'));

describe('BreakerWatch', () => {
  it('finds each breaker once, wherever it stands, and counts states and trips', async () => {
    const clock = new VirtualClock();
    const options = { clock, trip: consecutiveFailures(1), openDuration: 100 };
    const [broken, probing, isolated] = [1, 2, 3].map(() => new CircuitBreaker(options));
    const watch = new BreakerWatch([broken!, pipeline(retry({ clock }), broken!), probing!, isolated!, standard()]);

    await probing!.execute(down).catch(() => {});
    await clock.advance(100);
    const permit = probing!.tryAcquire();
    await broken!.execute(down).catch(() => {});
    isolated!.isolate();

    expect([watch.counts(), watch.trips()]).toEqual([{ closed: 1, open: 2, halfOpen: 1 }, 2]);
    permit!.release();
  });

  it('changes nothing: a breaker that is only looked at draws no open duration', async () => {
    const draws: number[] = [];
    const breaker = new CircuitBreaker({ trip: consecutiveFailures(1), random: () => draws.push(1) && 0.5 });
    const watch = new BreakerWatch([breaker]);
    await breaker.execute(down).catch(() => {});

    const counts = watch.counts();

    expect([counts.open, draws.length]).toEqual([1, 0]);
    expect([breaker.state, draws.length]).toEqual(['open', 1]);
  });
});
