import { Redis, type RedisOptions } from 'ioredis';
import {
  CircuitOpenError,
  consecutiveFailures,
  giveUpReport,
  timeout,
  TimeoutError,
  type RetryObservers,
} from 'holdfast';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { redisGuard } from '../../docs/examples/redis-guard.mjs';
import { rejection } from '../rejection.ts';
import { freePort, installed, startRedis, type Server } from './servers.ts';

/** Gives up at once what cannot be sent, and finds the server again soon. */
const impatient: RedisOptions = { enableOfflineQueue: false, maxRetriesPerRequest: 0, retryStrategy: () => 20 };

describe.skipIf(!installed.redis)('commands to Redis', () => {
  let server: Server;
  let redis: Redis;
  /** A connection of its own, to look and to mend. */
  let admin: Redis;
  const clients: Redis[] = [];

  beforeEach(async () => {
    server = await startRedis();
    admin = await connected();
    redis = await connected(impatient);
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.disconnect();
    await server.stop();
  });

  async function connected(options: RedisOptions = {}, port = server.port): Promise<Redis> {
    const client = new Redis(port, '127.0.0.1', options);
    clients.push(client);
    // Without a listener, ioredis prints every failed attempt to connect.
    client.on('error', () => {});
    if (client.status !== 'ready') await new Promise((resolve) => client.once('ready', resolve));
    return client;
  }

  describe('given a server that is frozen', () => {
    it('waits without end as the client comes, and gives up at the limit of a timeout', async () => {
      const patient = await connected();
      server.freeze();

      const bare = patient.get('key');
      const error = await rejection(timeout(100).execute(() => patient.get('key')));
      const later = await Promise.race([bare, pause(400).then(() => 'still waiting')]);
      server.thaw();

      expect(error).toBeInstanceOf(TimeoutError);
      expect(error).toMatchObject({ timeout: 100 });
      expect(later).toBe('still waiting');
      expect(await bare).toBe(null);
    });

    it('opens the breaker, sends nothing while it is open, and a probe closes it once the server goes on', async () => {
      const changes: string[] = [];
      const { breaker, repeatable } = redisGuard({
        // Longer than a busy machine takes for the probe.
        timeoutMs: 1_000,
        maxAttempts: 1,
        breaker: {
          trip: consecutiveFailures(3),
          openDuration: 2_000,
          probes: { required: 1 },
          on: { stateChange: ({ from, to }) => changes.push(`${from} → ${to}`) },
        },
      });
      let sent = 0;
      const get = () => repeatable.execute(() => (sent++, redis.get('key')));
      server.freeze();

      const errors: unknown[] = [];
      for (let call = 1; call <= 3; call++) errors.push(await rejection(get()));
      const refusals = await Promise.all(Array.from({ length: 50 }, () => rejection(get())));
      server.thaw();
      await admin.ping();
      await expect.poll(() => get().catch(() => 'refused')).toBe(null);

      expect(errors.every((error) => error instanceof TimeoutError)).toBe(true);
      expect(refusals.every((error) => error instanceof CircuitOpenError)).toBe(true);
      expect(sent).toBe(4);
      expect(breaker.state).toBe('closed');
      expect(changes).toEqual(['closed → open', 'open → half-open', 'half-open → closed']);
    });

    it('sends a command once that may not be done twice: it is done after all, when the server goes on', async () => {
      const { once } = redisGuard({ timeoutMs: 100 });
      server.freeze();

      const error = await rejection(once.execute(() => redis.incr('visits')));
      server.thaw();

      expect(error).toBeInstanceOf(TimeoutError);
      expect(giveUpReport(error)).toEqual({ attempts: 1, delays: [], reason: 'not-retryable' });
      await expect.poll(() => admin.get('visits')).toBe('1');
    });
  });

  describe('given a reply that says that the command was not done, for now', () => {
    const set = (name: string, value: string) => admin.call('config', 'set', name, value);
    const follow = (...master: [string, string]) => admin.call('replicaof', ...master);
    const replies: [word: string, provoke: () => Promise<unknown>, mend: () => Promise<unknown>][] = [
      ['READONLY', () => follow('127.0.0.1', `${server.port}`), () => follow('no', 'one')],
      ['OOM', () => set('maxmemory', '1'), () => set('maxmemory', '0')],
      ['BUSY', beBusy, () => admin.call('script', 'kill')],
    ];

    /** Runs a script without end, until other commands are refused, which is once it has run for a while. */
    async function beBusy(): Promise<void> {
      await set('busy-reply-threshold', '20');
      const other = await connected();
      other.eval('while true do end', 0).catch(() => {});
      await expect.poll(() => admin.get('key').catch(({ message }: Error) => message)).toMatch(/^BUSY /);
    }

    it.each(replies)(
      'tries again after %s what may not be done twice, and it is done once',
      async (word, provoke, mend) => {
        const seen: unknown[] = [];
        const { once } = redisGuard({ timeoutMs: 5_000, on: mending(mend, seen) });
        await provoke();

        const value = await once.execute(() => redis.incr('visits'));

        expect(value).toBe(1);
        expect(await admin.get('visits')).toBe('1');
        expect(new Set(seen)).toEqual(new Set([word]));
      },
    );

    it('tries again to read from a replica that has lost its master (MASTERDOWN)', async () => {
      const seen: unknown[] = [];
      const { repeatable } = redisGuard({ timeoutMs: 5_000, on: mending(() => follow('no', 'one'), seen) });
      await redis.set('key', 'value');
      await set('replica-serve-stale-data', 'no');
      await follow('127.0.0.1', `${await freePort()}`);

      const value = await repeatable.execute(() => redis.get('key'));

      expect(value).toBe('value');
      expect(new Set(seen)).toEqual(new Set(['MASTERDOWN']));
    });
  });

  describe('given a command that is wrong', () => {
    it('makes one attempt, and does not count it against the server (WRONGTYPE)', async () => {
      const { breaker, repeatable } = redisGuard({ breaker: { trip: consecutiveFailures(2) } });
      await redis.lpush('list', 'item');

      const errors: unknown[] = [];
      for (let call = 1; call <= 5; call++) errors.push(await rejection(repeatable.execute(() => redis.get('list'))));

      for (const error of errors) {
        expect((error as Error).message).toMatch(/^WRONGTYPE /);
        expect(giveUpReport(error)).toEqual({ attempts: 1, delays: [], reason: 'not-retryable' });
      }
      expect(breaker.state).toBe('closed');
    });
  });

  describe('given a server that is started again', () => {
    it('comes through by the attempts that follow', async () => {
      const seen: unknown[] = [];
      const { repeatable } = redisGuard({
        maxAttempts: 50,
        breaker: { trip: consecutiveFailures(100) },
        on: noting(seen),
      });
      await redis.set('key', 'before');
      await server.kill();

      const value = repeatable.execute(() => redis.set('key', 'after'));
      await expect.poll(() => seen.length).toBeGreaterThan(1);
      await server.start();

      expect(await value).toBe('OK');
      expect(await admin.get('key')).toBe('after');
    });

    it('keeps the caller waiting as long as it is down, as the client comes, without a timeout', async () => {
      const patient = await connected({ retryStrategy: () => 20, maxRetriesPerRequest: null });
      await server.kill();

      const bare = patient.get('key');
      const error = await rejection(timeout(100).execute(() => patient.get('key')));
      const later = await Promise.race([bare, pause(200).then(() => 'still waiting')]);
      await server.start();

      expect(error).toBeInstanceOf(TimeoutError);
      expect(later).toBe('still waiting');
      expect(await bare).toBe(null);
    });
  });
});

/** The first words of the errors that are tried again. */
function noting(seen: unknown[]): RetryObservers {
  return { retry: ({ error }) => seen.push((error as Error).message.split(' ')[0]) };
}

/** Mends the server before the first retry. */
function mending(mend: () => Promise<unknown>, seen: unknown[]): RetryObservers {
  let mended = false;
  return {
    retry(event) {
      noting(seen).retry!(event);
      if (!mended) void mend();
      mended = true;
    },
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
