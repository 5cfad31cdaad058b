import pg from 'pg';
import { Bulkhead, giveUpReport, TimeoutError } from 'holdfast';
import { seededRandom } from 'holdfast/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { transaction } from '../../docs/examples/pg-transaction.mjs';
import { rejection } from '../rejection.ts';
import { installed, startPostgres, type Server } from './servers.ts';

interface Transfer {
  readonly id: string;
  readonly from: number;
  readonly to: number;
  readonly amount: number;
}

const ACCOUNTS = 6;

describe.skipIf(!installed.postgres)('transactions on PostgreSQL', () => {
  let server: Server;
  let pool: pg.Pool;
  /** What idle connections of the pool have died of. */
  let lost: unknown[];

  beforeAll(async () => {
    server = await startPostgres({ deadlock_timeout: '50ms' });
    pool = newPool();
    await pool.query(`
      create table accounts (id int primary key, balance int not null);
      create table transfers (id text, sender int, receiver int, amount int);
      create table names (name text primary key)`);
  });
  beforeEach(async () => {
    lost = [];
    await pool.query(`
      truncate accounts, transfers, names;
      insert into accounts select id, 100 from generate_series(1, ${ACCOUNTS}) id`);
  });
  afterEach(() => server.thaw());
  afterAll(async () => {
    await pool?.end();
    await server?.stop();
  });

  function newPool(options: pg.PoolConfig = {}): pg.Pool {
    const settings = {
      host: '127.0.0.1',
      port: server.port,
      user: 'postgres',
      max: 10,
      connectionTimeoutMillis: 20_000,
    };
    return new pg.Pool({ ...settings, ...options }).on('error', (error) => lost.push(error));
  }

  const add = (id: string) => (client: pg.PoolClient) =>
    client.query('insert into transfers values ($1, 1, 2, 0)', [id]).then(() => id);

  const move =
    ({ id, from, to, amount }: Transfer) =>
    async (client: pg.PoolClient): Promise<string> => {
      await client.query('update accounts set balance = balance - $2 where id = $1', [from, amount]);
      await client.query('update accounts set balance = balance + $2 where id = $1', [to, amount]);
      await client.query('insert into transfers values ($1, $2, $3, $4)', [id, from, to, amount]);
      return id;
    };

  async function balances(): Promise<number[]> {
    const { rows } = await pool.query<{ balance: number }>('select balance from accounts order by id');
    return rows.map(({ balance }) => balance);
  }

  async function transferred(): Promise<string[]> {
    const { rows } = await pool.query<{ id: string }>('select id from transfers order by id');
    return rows.map(({ id }) => id);
  }

  /** The balances that the transfers at the server add up to. */
  async function balancesByTransfers(): Promise<number[]> {
    const { rows } = await pool.query<{ sender: number; receiver: number; amount: number }>('select * from transfers');
    const sums = Array.from({ length: ACCOUNTS }, () => 100);
    for (const { sender, receiver, amount } of rows) {
      sums[sender - 1]! -= amount;
      sums[receiver - 1]! += amount;
    }
    return sums;
  }

  describe('given two that read what the other writes', () => {
    it('tries one of them again as a whole, and it sees what the other has written (40001)', async () => {
      const codes: unknown[] = [];
      const together = barrier(2);
      const withdraw = (account: number) => async (client: pg.PoolClient) => {
        const { rows } = await client.query<{ sum: string }>('select sum(balance) from accounts where id in (1, 2)');
        await together();
        const allowed = Number(rows[0]!.sum) >= 200;
        if (allowed) await client.query('update accounts set balance = balance - 100 where id = $1', [account]);
        return allowed;
      };

      const both = await Promise.all([1, 2].map((id) => transaction(pool, withdraw(id), { on: noting(codes) })));

      expect(codes).toEqual(['40001']);
      expect(both.map(({ value, attempts }) => ({ value, attempts })).sort((a, b) => a.attempts - b.attempts)).toEqual([
        { value: true, attempts: 1 },
        { value: false, attempts: 2 },
      ]);
      expect((await balances()).slice(0, 2).sort((a, b) => a - b)).toEqual([0, 100]);
    });
  });

  describe('given two that lock the same rows in opposite order', () => {
    it('tries the victim of the deadlock again, and both happen once (40P01)', async () => {
      const codes: unknown[] = [];
      const together = barrier(2);
      const swap = (first: number, second: number) => async (client: pg.PoolClient) => {
        await client.query('update accounts set balance = balance + 1 where id = $1', [first]);
        await together();
        await client.query('update accounts set balance = balance + 1 where id = $1', [second]);
      };

      await Promise.all([
        transaction(pool, swap(1, 2), { on: noting(codes) }),
        transaction(pool, swap(2, 1), { on: noting(codes) }),
      ]);

      expect(codes[0]).toBe('40P01');
      expect(await balances()).toEqual([102, 102, 100, 100, 100, 100]);
    });
  });

  describe('given a connection that an administrator ends', () => {
    const terminate = (pid: number) => pool.query('select pg_terminate_backend($1, 30000)', [pid]);
    /** Resolves when its query is under way. */
    const asleep = (pid: number) =>
      expect
        .poll(() =>
          pool.query('select wait_event from pg_stat_activity where pid = $1', [pid]).then(({ rows }) => rows),
        )
        .toEqual([{ wait_event: 'PgSleep' }]);
    const pidOf = async (client: pg.PoolClient): Promise<number> =>
      (await client.query<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]!.pid;

    it('tries again on another one when a query was under way (57P01)', async () => {
      const codes: unknown[] = [];
      const pids: number[] = [];

      const work = async (client: pg.PoolClient): Promise<string> => {
        pids.push(await pidOf(client));
        const [pid] = pids;
        if (pids.length === 1) {
          const ended = asleep(pid!).then(() => terminate(pid!));
          await Promise.all([client.query('select pg_sleep(150)'), ended]);
        }
        return add('terminated')(client);
      };
      const { attempts } = await transaction(pool, work, { timeoutMs: 120_000, on: noting(codes) });

      expect({ attempts, codes }).toEqual({ attempts: 2, codes: ['57P01'] });
      expect(new Set(pids).size).toBe(2);
      expect(await transferred()).toEqual(['terminated']);
    });

    it('tries again on another one when it happens between two queries', async () => {
      const pids: number[] = [];

      const work = async (client: pg.PoolClient): Promise<string> => {
        pids.push(await pidOf(client));
        if (pids.length === 1) await terminate(pids[0]!);
        return add('between')(client);
      };
      const { attempts } = await transaction(pool, work);

      expect(attempts).toBe(2);
      expect(new Set(pids).size).toBe(2);
      expect(await transferred()).toEqual(['between']);
    });

    it('tells the pool of an idle one, and the next transaction does not notice', async () => {
      const single = newPool({ max: 1 });
      const { value: pid } = await transaction(single, pidOf);
      const told = new Promise((resolve) => single.once('error', resolve));

      await terminate(pid);
      await told;
      const { attempts } = await transaction(single, add('idle'));

      expect(attempts).toBe(1);
      expect(lost).toEqual([expect.objectContaining({ code: '57P01' })]);
      await single.end();
    });
  });

  describe('given many transfers at once between few accounts', () => {
    it('makes each of them once, however often it has to be tried', async () => {
      const transfers = randomTransfers(200);
      const codes: unknown[] = [];
      const bulkhead = new Bulkhead({ maxConcurrent: 8, maxQueued: transfers.length });

      const results = await Promise.all(
        transfers.map((transfer) =>
          bulkhead.execute(() => transaction(pool, move(transfer), { maxAttempts: 30, on: noting(codes) })),
        ),
      );

      expect(results.map(({ value }) => value)).toEqual(transfers.map(({ id }) => id));
      expect(await transferred()).toEqual(transfers.map(({ id }) => id));
      expect(await balances()).toEqual(await balancesByTransfers());
      expect(codes.filter((code) => code !== '40001' && code !== '40P01')).toEqual([]);
      console.log(`PostgreSQL: ${transfers.length} transfers, 8 at once, ${codes.length} tried again (40001, 40P01)`);
    });
  });

  describe('given a server that is killed and started again amid transfers', () => {
    it.each([
      ['crashes', 'SIGKILL'],
      ['is shut down', 'SIGINT'],
    ] as const)('loses none that was reported and doubles none, when it %s', async (_, signal) => {
      const transfers = randomTransfers(200);
      const codes: unknown[] = [];
      const bulkhead = new Bulkhead({ maxConcurrent: 8, maxQueued: transfers.length });
      let done = 0;
      let halfway!: () => void;
      const half = new Promise<void>((resolve) => (halfway = resolve));

      const running = transfers.map((transfer) =>
        bulkhead
          .execute(() => transaction(pool, move(transfer), { maxAttempts: 40, on: noting(codes) }))
          .finally(() => ++done === 100 && halfway()),
      );
      const settled = Promise.allSettled(running);
      await half;
      await server.kill(signal);
      await server.start();
      const outcomes = await settled;

      const ids = (status: string): string[] =>
        transfers.filter((_, index) => outcomes[index]!.status === status).map(({ id }) => id);
      const found = await transferred();
      expect(found).toEqual([...new Set(found)]);
      expect(found).toEqual(expect.arrayContaining(ids('fulfilled')));
      // What was in its COMMIT when the server went away may have happened or not. Nothing else fails.
      expect(ids('rejected').length).toBeLessThanOrEqual(8);
      expect(await balances()).toEqual(await balancesByTransfers());
      expect(codes.some((code) => code !== '40001' && code !== '40P01')).toBe(true);
      const unsure = `${ids('rejected').length} of unknown end`;
      console.log(`PostgreSQL: ${signal} amid ${transfers.length} transfers: ${codes.length} tried again, ${unsure}`);
    });
  });

  describe('given an error that no attempt can mend', () => {
    it('makes one attempt at a key that exists already (23505)', async () => {
      const register = (client: pg.PoolClient) => client.query("insert into names values ('taken')");
      await transaction(pool, register);

      const error = await rejection(transaction(pool, register));

      expect(error).toMatchObject({ code: '23505' });
      expect(giveUpReport(error)).toEqual({ attempts: 1, delays: [], reason: 'not-retryable' });
    });

    it("makes one attempt at a query that takes longer than the server's own limit (57014)", async () => {
      const slow = async (client: pg.PoolClient): Promise<void> => {
        await client.query("set local statement_timeout = '50ms'");
        await client.query('select pg_sleep(30)');
      };

      const error = await rejection(transaction(pool, slow));

      expect(error).toMatchObject({ code: '57014' });
      expect(giveUpReport(error)).toEqual({ attempts: 1, delays: [], reason: 'not-retryable' });
    });

    it('rolls back when the work itself throws, and keeps the connection', async () => {
      const single = newPool({ max: 1 });
      const broke = new Error('not enough money');
      const work = async (client: pg.PoolClient): Promise<never> => {
        await add('rolled back')(client);
        throw broke;
      };

      const error = await rejection(transaction(single, work));

      expect(error).toBe(broke);
      expect([single.totalCount, single.idleCount]).toEqual([1, 1]);
      expect(await transferred()).toEqual([]);
      await single.end();
    });

    it('does not report a transaction whose failed query was passed over in silence', async () => {
      const work = async (client: pg.PoolClient): Promise<void> => {
        await add('silent')(client);
        await client.query('select 1 / 0').catch(() => {});
      };

      const error = await rejection(transaction(pool, work));

      expect((error as Error).message).toMatch(/^Rolled back/);
      expect(await transferred()).toEqual([]);
    });
  });

  describe('given a server that is frozen', () => {
    it('ends at the limit with a TimeoutError, closes the connection, and nothing of it is done later', async () => {
      const frozen = newPool({ max: 1 });
      // It is connected before the time runs.
      await frozen.query('select 1');
      let works = 0;
      const work = async (client: pg.PoolClient): Promise<string> => {
        if (++works === 1) server.freeze();
        return add('frozen')(client);
      };

      const error = await rejection(transaction(frozen, work, { timeoutMs: 1_000, maxAttempts: 1 }));

      expect(error).toBeInstanceOf(TimeoutError);
      expect(giveUpReport(error)).toEqual({ attempts: 1, delays: [], reason: 'attempts' });
      expect([frozen.totalCount, frozen.waitingCount]).toEqual([0, 0]);
      server.thaw();
      expect((await transaction(frozen, add('thawed'))).value).toBe('thawed');
      expect(await transferred()).toEqual(['thawed']);
      await frozen.end();
    });

    it('does not try again a COMMIT that got no answer, which is done when the server goes on', async () => {
      const frozen = newPool({ max: 1 });
      await frozen.query('select 1');
      const work = async (client: pg.PoolClient): Promise<void> => {
        await add('committed')(client);
        server.freeze();
      };

      const error = await rejection(transaction(frozen, work, { timeoutMs: 1_000 }));

      expect(error).toBeInstanceOf(TimeoutError);
      expect(giveUpReport(error)).toEqual({ attempts: 1, delays: [], reason: 'not-retryable' });
      server.thaw();
      await expect.poll(transferred).toEqual(['committed']);
      await frozen.end();
    });
  });

  describe('given more callers than the pool has connections', () => {
    it('fails those that wait too long for one, but not where a bulkhead as wide as the pool holds them', async () => {
      const narrow = newPool({ max: 2 });
      // The limit holds for connecting, too: that is done before.
      await Promise.all([1, 2].map(() => narrow.query('select 1')));
      narrow.options.connectionTimeoutMillis = 100;
      const bulkhead = new Bulkhead({ maxConcurrent: 2, maxQueued: 10 });
      const work = (client: pg.PoolClient) => client.query('select pg_sleep(0.15)').then(() => 'done');
      const call = () => transaction(narrow, work, { maxAttempts: 1 }).then(({ value }) => value);

      const bare = await Promise.allSettled(Array.from({ length: 6 }, call));
      const held = await Promise.all(Array.from({ length: 6 }, () => bulkhead.execute(call)));

      expect(bare.filter(({ status }) => status === 'rejected').length).toBe(4);
      expect(held).toEqual(Array.from({ length: 6 }, () => 'done'));
      await narrow.end();
    });
  });
});

/** Some money from one account to another, chosen by the number of the transfer. */
function randomTransfers(count: number): Transfer[] {
  const random = seededRandom(1);
  return Array.from({ length: count }, (_, index) => {
    const from = 1 + Math.floor(random() * ACCOUNTS);
    const to = 1 + ((from + Math.floor(random() * (ACCOUNTS - 1))) % ACCOUNTS);
    return { id: `transfer ${String(index).padStart(4, '0')}`, from, to, amount: 1 + Math.floor(random() * 10) };
  });
}

function noting(codes: unknown[]): { retry: (event: { readonly error: unknown }) => void } {
  return { retry: ({ error }) => codes.push((error as { code?: unknown }).code) };
}

/** Holds its first `n` callers until all have come; whoever comes later may go on. */
function barrier(n: number): () => Promise<void> {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return () => {
    if (--n === 0) open();
    return opened;
  };
}
