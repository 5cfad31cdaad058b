import { compileRetryPolicy, decompileRetryPolicy, type RetryPolicy } from '@temporalio/common';
import type { RunOptions } from '@restatedev/restate-sdk';
import { ConfiguredRetryStrategy } from '@smithy/util-retry';
import { Queue, Worker, type JobsOptions, type WorkerOptions } from 'bullmq';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { capped, decorrelatedJitter, exponential, fullJitter, sequence, type Backoff } from 'holdfast';
import { delayByAttempt, restateRetryPolicy, temporalRetryPolicy } from 'holdfast/queues';
import { seededRandom } from 'holdfast/testing';
import { installed, startRedis, type Server } from './servers.ts';

/** One job in a real queue: when each of its attempts began, in ms, and the delays that the worker was told. */
interface JobRun {
  readonly starts: readonly number[];
  readonly asked: readonly number[];
  readonly attempts: readonly number[];
  readonly outcome: 'completed' | 'failed';
}

describe.skipIf(!installed.redis)('BullMQ', () => {
  let redis: Server;
  let queues = 0;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.stop());

  /** Adds a job that fails a number of times, and lets a worker with our backoff run it to its end. */
  async function run(backoff: Backoff, baseDelay: number, failures: number, attempts: number): Promise<JobRun> {
    const name = `queue-${queues++}`;
    const connection = { host: '127.0.0.1', port: redis.port };
    const starts: number[] = [];
    const asked: number[] = [];
    const told: number[] = [];
    const delay = delayByAttempt(backoff, { baseDelay, random: seededRandom(1) });
    const settings: WorkerOptions['settings'] = {
      backoffStrategy: (attemptsMade) => {
        told.push(attemptsMade);
        asked.push(delay(attemptsMade));
        return asked.at(-1)!;
      },
    };
    const queue = new Queue(name, { connection });
    const work = async (): Promise<void> => {
      starts.push(performance.now());
      if (starts.length <= failures) throw new Error('scripted');
    };
    const worker = new Worker(name, work, { connection, settings });
    worker.on('error', () => {});
    try {
      const outcome = new Promise<'completed' | 'failed'>((resolve) => {
        worker.on('completed', () => resolve('completed'));
        worker.on('failed', (job) => {
          if (job && job.attemptsMade >= attempts) resolve('failed');
        });
      });
      await queue.add('job', {}, { attempts, backoff: { type: 'custom' } } satisfies JobsOptions);
      return { outcome: await outcome, starts, asked, attempts: told };
    } finally {
      await worker.close();
      await queue.close();
    }
  }

  it('takes the function as its backoffStrategy', () => {
    const settings = { backoffStrategy: delayByAttempt(exponential(), { baseDelay: 100 }) };

    const accepted = settings satisfies WorkerOptions['settings'];

    expect(accepted.backoffStrategy(3)).toBe(400);
  });

  it('counts attempts from 1, and waits at least the delays of the backoff', async () => {
    const { outcome, starts, asked, attempts } = await run(exponential(), 60, 2, 5);

    expect([outcome, attempts, asked]).toEqual(['completed', [1, 2], [60, 120]]);
    const gaps = starts.slice(1).map((start, index) => start - starts[index]!);
    // Redis counts whole ms of another clock.
    gaps.forEach((gap, index) => expect(gap).toBeGreaterThanOrEqual(asked[index]! - 2));
    console.log(`BullMQ: asked ${asked.join(', ')} ms, waited ${gaps.map(Math.round).join(', ')} ms`);
  });

  it('asks for a delay before every attempt but the first, and gives up after the last', async () => {
    const { outcome, starts, attempts } = await run(sequence([5, 10, 20]), 0, Infinity, 4);

    expect([outcome, starts.length, attempts]).toEqual(['failed', 4, [1, 2, 3]]);
  });

  it.each([
    ['full jitter', fullJitter(capped(exponential(), 50))],
    ['decorrelated jitter', decorrelatedJitter({ maxDelay: 50 })],
    ['no delay', sequence([0])],
  ])('waits fractions of a ms: %s', async (_, backoff) => {
    const { outcome, starts, asked } = await run(backoff, 20, 3, 4);

    expect([outcome, starts.length]).toEqual(['completed', 4]);
    asked.forEach((delay, index) => expect(starts[index + 1]! - starts[index]!).toBeGreaterThanOrEqual(delay - 2));
  });
});

describe('ConfiguredRetryStrategy of the AWS SDK', () => {
  it('counts attempts from 1, waits what it is told, and stops after the last', async () => {
    const asked: number[] = [];
    const delay = delayByAttempt(exponential(), { baseDelay: 20 });
    const strategy = new ConfiguredRetryStrategy(4, (attempt) => {
      asked.push(attempt);
      return delay(attempt);
    });
    const waits: number[] = [];

    let token = await strategy.acquireInitialRetryToken('test');
    for (let retry = 0; retry < 3; retry++) {
      const start = performance.now();
      token = await strategy.refreshRetryTokenForRetry(token, { errorType: 'TRANSIENT' });
      waits.push(performance.now() - start + token.getRetryDelay());
    }
    const refused = await strategy
      .refreshRetryTokenForRetry(token, { errorType: 'TRANSIENT' })
      .catch((error: Error) => error.message);

    expect([asked, refused]).toEqual([[1, 2, 3], 'No retry token available']);
    [20, 40, 80].forEach((least, index) => expect(waits[index]!).toBeGreaterThanOrEqual(least - 2));
  });
});

describe('Temporal', () => {
  it.each([
    ['a capped exponential', capped(exponential({ factor: 1.5 }), 30_000), 10],
    ['no end', capped(exponential(), 30_000), Infinity],
    ['no cap and no end', exponential(), Infinity],
    ['no delay', sequence([0]), 3],
    ['no retry', exponential(), 1],
  ])('compiles the policy, with the same numbers on the wire: %s', (_, backoff, maxAttempts) => {
    const { settings } = temporalRetryPolicy(backoff, { baseDelay: 250, maxAttempts });

    const { maximumAttempts, ...wire } = decompileRetryPolicy(compileRetryPolicy(settings satisfies RetryPolicy))!;

    expect({ ...wire, maximumAttempts: maximumAttempts ?? Infinity }).toMatchObject(settings);
  });
});

describe('Restate', () => {
  it('has these options in its types', () => {
    const { settings } = restateRetryPolicy(capped(exponential(), 30_000), { baseDelay: 250, maxAttempts: 10 });

    const options = settings satisfies RunOptions<string>;

    expect(Object.keys(options)).toEqual([
      'initialRetryInterval',
      'retryIntervalFactor',
      'maxRetryInterval',
      'maxRetryAttempts',
    ]);
  });
});
