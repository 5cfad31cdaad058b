import { additiveJitter, capped, exponential, giveUpReport, schedule, TimeoutError } from 'holdfast';
import { seededRandom } from 'holdfast/testing';
import { describe, expect, it } from 'vitest';
import { main, StatusError } from '../../docs/examples/model-client.mjs';

describe('docs/examples/model-client', () => {
  it('retries what may pass, at most three times, and logs each retry', async () => {
    const backoff = capped(additiveJitter(exponential()), 10_000);
    const random = seededRandom(1);
    const [first, second] = schedule(backoff, { baseDelay: 100, retries: 2, random });
    const [third, fourth, fifth] = schedule(backoff, { baseDelay: 100, retries: 3, random });
    const delays = [first!, second!, third!, fourth!, fifth!];

    const { answer, missing, timedOut, delays: waited, logged, served } = await main(() => {});

    expect(answer).toBe('The foot with which kelp clings to its rock.');
    expect(missing).toBeInstanceOf(StatusError);
    expect(missing).toMatchObject({ name: 'StatusError', status: 404 });
    expect(timedOut).toBeInstanceOf(TimeoutError);
    expect(timedOut).toMatchObject({ name: 'TimeoutError', code: 'ERR_TIMEOUT', timeout: 40 });
    expect(giveUpReport(timedOut)).toEqual({ attempts: 4, delays: delays.slice(2), reason: 'attempts' });
    expect(waited).toEqual(delays);
    const [one, two, three, four, five] = delays.map(Math.round);
    expect(logged).toEqual([
      `attempt 1 failed: The model server answered with status 503; next in ${one} ms`,
      `attempt 2 failed: Timed out after 2000 ms; next in ${two} ms`,
      `attempt 1 failed: Timed out after 40 ms; next in ${three} ms`,
      `attempt 2 failed: Timed out after 40 ms; next in ${four} ms`,
      `attempt 3 failed: Timed out after 40 ms; next in ${five} ms`,
    ]);
    expect(served.slice(0, 4)).toEqual([503, 'hang', 'answer', 404]);
  });
});
