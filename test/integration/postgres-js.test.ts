import { retryCall } from 'holdfast';
import { classify } from 'holdfast/http';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { rejection } from '../rejection.ts';
import { freePort, installed, startPostgres, type Server } from './servers.ts';

/** So many connections the server takes; a client has ten. */
const CONNECTIONS = 30;

describe.skipIf(!installed.postgres)('classify() of what postgres.js throws', () => {
  const clients: postgres.Sql[] = [];
  let server: Server;
  let sql: postgres.Sql;

  beforeAll(async () => {
    server = await startPostgres({ deadlock_timeout: '50ms', max_connections: `${CONNECTIONS}` });
    sql = newClient();
    await sql`create table accounts (id int primary key, balance int not null)`;
    await sql`insert into accounts values (1, 100), (2, 100)`;
  });
  afterEach(async () => {
    server.thaw();
    await ended(clients.filter((client) => client !== sql));
  });
  afterAll(async () => {
    await ended(clients);
    await server?.stop();
  });

  function newClient(options: postgres.Options<{}> = {}): postgres.Sql {
    const settings = { host: '127.0.0.1', port: server.port, user: 'postgres', connect_timeout: 60 };
    // What it asks for types of its own accord would fail where nobody can catch it, when the client is ended.
    const client = postgres({ ...settings, fetch_types: false, ...options });
    clients.push(client);
    return client;
  }

  /** Without a limit, a client that has lost a connection amid a query waits for that query for ever. */
  async function ended(all: readonly postgres.Sql[]): Promise<void> {
    await Promise.all(all.map((client) => client.end({ timeout: 0 })));
  }

  /** Resolves when the query of a connection is under way. */
  const asleep = (pid: number) =>
    expect
      .poll(async () => [...(await sql`select wait_event from pg_stat_activity where pid = ${pid}`)])
      .toEqual([{ wait_event: 'PgSleep' }]);
  const pidOf = async (client: postgres.Sql): Promise<number> =>
    (await client<[{ pid: number }]>`select pg_backend_pid() as pid`)[0].pid;

  describe('given a connection', () => {
    it('that is refused: transient', async () => {
      const client = newClient({ port: await freePort() });

      expect(said(await rejection(client`select 1`))).toEqual(['ECONNREFUSED', 'transient']);
    });

    it('that a frozen server does not take: transient', async () => {
      server.freeze();

      const error = await rejection(newClient({ connect_timeout: 1 })`select 1`);

      expect(said(error)).toEqual(['CONNECT_TIMEOUT', 'transient']);
    });

    it('that is one too many: throttled', async () => {
      let error: unknown;

      for (let opened = 0; !error && opened <= CONNECTIONS; opened++) {
        await newClient({ max: 1 })`select 1`.catch((reason: unknown) => (error = reason));
      }

      expect(said(error)).toEqual(['53300', 'throttled']);
    });

    it('that is ended amid a query: transient, also what the next query on its place in the pool says', async () => {
      const client = newClient({ max: 1 });
      const pids: number[] = [];
      const work = async (): Promise<string> => {
        const pid = await pidOf(client);
        if (pids.push(pid) > 1) return 'done';
        const terminated = asleep(pid).then(() => sql`select pg_terminate_backend(${pid}, 30000)`);
        await Promise.all([client`select pg_sleep(150)`, terminated]);
        return 'slept';
      };
      const errors: unknown[] = [];
      const isRetryable = ({ error }: { error: unknown }): boolean => classify(error) === 'transient';

      const on = { retry: ({ error }: { error: unknown }) => errors.push(error) };
      const { value } = await retryCall(work, 5, 0, { isRetryable, on });

      expect([value, ...errors.map(said)]).toEqual([
        'done',
        ['CONNECTION_CLOSED', 'transient'],
        ['57P01', 'transient'],
      ]);
      expect(new Set(pids).size).toBe(2);
    });

    it('that dies with its server amid a query: transient', async () => {
      const client = newClient({ max: 1 });
      const pid = await pidOf(client);

      const failure = rejection(client`select pg_sleep(150)`);
      await asleep(pid);
      await server.kill();
      const error = await failure;
      await server.start();

      expect(classify(error)).toBe('transient');
      expect([...(await client`select 1 as one`)]).toEqual([{ one: 1 }]);
    });
  });

  describe('given a transaction', () => {
    it('that has read what another one has changed since: transient', async () => {
      const stale = sql.begin('isolation level repeatable read', async (own) => {
        await own`select balance from accounts where id = 1`;
        await sql`update accounts set balance = balance + 1 where id = 1`;
        await own`update accounts set balance = balance + 1 where id = 1`;
      });

      expect(said(await rejection(stale))).toEqual(['40001', 'transient']);
    });

    it('that is the victim of a deadlock: transient', async () => {
      let waiting = 2;
      let open!: () => void;
      const opened = new Promise<void>((resolve) => (open = resolve));
      const swap = (first: number, second: number): Promise<unknown> =>
        sql.begin(async (own) => {
          await own`update accounts set balance = balance + 1 where id = ${first}`;
          if (--waiting === 0) open();
          await opened;
          await own`update accounts set balance = balance + 1 where id = ${second}`;
        });

      const outcomes = await Promise.allSettled([swap(1, 2), swap(2, 1)]);

      const victims = outcomes.flatMap((each) => (each.status === 'rejected' ? [said(each.reason)] : []));
      expect(victims).toEqual([['40P01', 'transient']]);
    });
  });

  describe('given a call that would fail again', () => {
    it('a key that exists already: permanent', async () => {
      const error = await rejection(sql`insert into accounts values (1, 0)`);

      expect(said(error)).toEqual(['23505', 'permanent']);
    });

    it('a query that is cancelled, under way or not yet sent: permanent', async () => {
      const client = newClient({ max: 1 });
      const pid = await pidOf(client);
      const sent = client`select pg_sleep(150)`.execute();
      const unsent = newClient()`select 1`.execute();
      const failures = [sent, unsent].map(rejection);

      unsent.cancel();
      await asleep(pid);
      sent.cancel();

      expect((await Promise.all(failures)).map(said)).toEqual([
        ['57014', 'permanent'],
        ['57014', 'permanent'],
      ]);
    });

    it('a client that is ended: permanent', async () => {
      const client = newClient();
      await client.end();

      expect(said(await rejection(client`select 1`))).toEqual(['CONNECTION_ENDED', 'permanent']);
    });

    it('a call that is wrong: permanent', async () => {
      const client = newClient({ max: 2 });
      const many = Array.from({ length: 65_535 }, () => 1);

      const errors = [
        await rejection(client`select ${undefined as never}`),
        await rejection((async () => client('accounts') as unknown)()),
        await rejection(client.unsafe('select 1', many)),
        await rejection(client`begin`),
      ];

      expect(errors.map(said)).toEqual([
        ['UNDEFINED_VALUE', 'permanent'],
        ['NOT_TAGGED_CALL', 'permanent'],
        ['MAX_PARAMETERS_EXCEEDED', 'permanent'],
        ['UNSAFE_TRANSACTION', 'permanent'],
      ]);
    });
  });

  describe('given a code that means several things', () => {
    it('CONNECTION_DESTROYED, of a client that is ended, or of a server that is not a standby: unknown', async () => {
      const client = newClient({ max: 1 });
      await client`select 1`;

      const pending = rejection(client`select pg_sleep(150)`);
      await client.end({ timeout: 0 });
      const other = await rejection(newClient({ target_session_attrs: 'standby' })`select 1`);

      expect([await pending, other].map(said)).toEqual([
        ['CONNECTION_DESTROYED', 'unknown'],
        ['CONNECTION_DESTROYED', 'unknown'],
      ]);
    });

    it('COPY_IN_PROGRESS, of a query beside a copy: unknown', async () => {
      const client = newClient({ max: 1 });
      await client`select 1`;
      const copy = await client`copy accounts from stdin`.writable();

      const error = await rejection(client`select 1`);
      await new Promise<void>((resolve) => copy.end(resolve));

      expect(said(error)).toEqual(['COPY_IN_PROGRESS', 'unknown']);
    });
  });
});

/** The code of an error, and what it is taken for. */
function said(error: unknown): unknown[] {
  return [(error as { code?: unknown } | undefined)?.code, classify(error)];
}
