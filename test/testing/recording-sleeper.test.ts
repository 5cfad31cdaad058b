import { describe, expect, it } from 'vitest';
import { retryCall } from 'holdfast';
import { recordingSleeper } from 'holdfast/testing';
import { wrongArgument } from '../wrong-argument.ts';

describe('recordingSleeper()', () => {
  it('keeps the delays that it was asked, and does not wait', async () => {
    const sleep = recordingSleeper();

    const slept = await Promise.all([sleep(5), sleep(0), sleep(0.5), sleep(Infinity)]);

    expect(slept).toEqual([undefined, undefined, undefined, undefined]);
    expect(sleep.delays).toEqual([5, 0, 0.5, Infinity]);
  });

  it('shows the schedule of a call', async () => {
    const sleep = recordingSleeper();

    const settled = retryCall(() => Promise.reject(new Error('down')), 4, 1_000, { sleep });

    await expect(settled).rejects.toThrow('down');
    expect(sleep.delays).toEqual([1_000, 2_000, 4_000]);
  });

  it('has a list of its own', async () => {
    const [one, other] = [recordingSleeper(), recordingSleeper()];

    await one(1);

    expect([one.delays, other.delays]).toEqual([[1], []]);
  });

  it('rejects with the reason of an aborted signal, as every sleeper', async () => {
    const sleep = recordingSleeper();

    const slept = sleep(5, AbortSignal.abort('stop'));

    await expect(slept).rejects.toBe('stop');
    expect(sleep.delays).toEqual([5]);
  });

  it('rejects for a wrong delay', async () => {
    const slept = recordingSleeper()(-1);

    await expect(slept).rejects.toThrow(
      wrongArgument(RangeError, 'Cannot sleep: expected delay to be a number of ms ≥ 0, or Infinity, got -1'),
    );
  });
});
