import { describe, expect, it, vi } from 'vitest';
import { CircuitBreaker, consecutiveFailures, pipeline, retry, slowCallRate } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';

const fails = (): Promise<never> => Promise.reject(new Error('down'));

describe('circuitLayer()', () => {
  it('reads the clock only when a call ends, as long as nothing else could change with time', async () => {
    let readings = 0;
    const clock = { now: () => readings++, setTimer: () => () => {} };
    const breaker = new CircuitBreaker({ clock });
    readings = 0;

    await breaker.execute(() => 'up');

    expect(readings).toBe(1);
  });

  it('draws no chance until it opens, and once for each opening', async () => {
    let draws = 0;
    const random = (): number => {
      draws++;
      return 0;
    };
    const breaker = new CircuitBreaker({ random, trip: consecutiveFailures(1), clock: new VirtualClock() });
    await breaker.execute(() => 'up');
    expect(draws).toBe(0);

    await breaker.execute(fails).catch(() => {});
    for (let call = 0; call < 3; call++) await breaker.execute(fails).catch(() => {});

    expect(draws).toBe(1);
  });

  it('serves several pipelines at once with one memory', async () => {
    const clock = new VirtualClock();
    const breaker = new CircuitBreaker({ clock, trip: consecutiveFailures(2) });
    const policies = [pipeline(breaker), pipeline(retry({ clock, maxAttempts: 1 }), breaker)];

    for (const policy of policies) await policy.execute(fails).catch(() => {});

    expect(breaker.state).toBe('open');
  });

  it('sets no timer, ever', async () => {
    const clock = new VirtualClock();
    const breaker = new CircuitBreaker({ clock, trip: consecutiveFailures(1), slowCallDuration: 5 });

    await breaker.execute(fails).catch(() => {});
    await breaker.execute(fails).catch(() => {});

    expect(clock.pending).toBe(0);
  });

  it('keeps the same state through a snapshot taken in mid-flight', () => {
    const clock = new VirtualClock();
    const trip = consecutiveFailures(1);
    const breaker = new CircuitBreaker({ clock, trip, openDuration: 100, slowCallDuration: 50 });
    breaker.tryAcquire();
    breaker.tryAcquire()!.fail();
    clock.jump(100);
    breaker.tryAcquire();

    const restored = CircuitBreaker.restore(
      breaker.snapshot(0),
      { clock, trip, openDuration: 100, slowCallDuration: 50 },
      0,
    );

    expect([breaker.state, restored.state]).toEqual(['half-open', 'half-open']);
    expect(restored.tryAcquire()).toBeDefined();
  });
});

describe('given an open duration that ends the call which asks to be let in', () => {
  it.each([0, 1_000])('makes no call, and leaves no probe behind (%d ms)', async (duration) => {
    const clock = new VirtualClock();
    const controller = new AbortController();
    const openDuration = (): number => (controller.abort('stop'), duration);
    const breaker = new CircuitBreaker({
      clock,
      openDuration,
      trip: slowCallRate({ threshold: 0.5, window: 1e5, minimumCalls: 1 }),
      slowCallDuration: 5,
    });
    const fn = vi.fn();
    void breaker.execute(() => new Promise(() => {}));
    await clock.advance(10);

    const outcome = breaker.execute(fn, { signal: controller.signal }).catch((error: unknown) => error);

    expect(await outcome).toBe('stop');
    expect(fn).not.toHaveBeenCalled();
    await clock.advance(duration);
    expect(await breaker.execute(() => 'probe')).toBe('probe');
  });
});
