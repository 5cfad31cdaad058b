import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rejection } from '../rejection.ts';
import {
  cutAnswer,
  cutBeforeRequest,
  cutOnConnect,
  cutOnReuse,
  delay,
  drip,
  faultProxy,
  garbage,
  pass,
  stall,
  type Fault,
  type FaultProxy,
} from './fault-proxy.ts';

/** Answers every line with this. */
const ANSWER = 'holdfast'.repeat(10);

let server: Server;
let proxy: FaultProxy | undefined;
/** What came in at the server. */
let received: string;
let connected: Set<Socket>;

beforeEach(async () => {
  received = '';
  connected = new Set();
  server = createServer((socket) => {
    connected.add(socket);
    socket.on('error', () => {}).on('close', () => connected.delete(socket));
    socket.on('data', (chunk) => {
      received += chunk.toString();
      socket.write(ANSWER);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
});

afterEach(async () => {
  await proxy?.close();
  server.close();
});

/** What a client of plain TCP sees. */
interface Sight {
  readonly socket: Socket;
  text: string;
  /** The code of an error, `FIN`, or nothing as long as it is open. */
  end: string | undefined;
}

async function start(...script: Fault[]): Promise<FaultProxy> {
  return (proxy = await faultProxy((server.address() as AddressInfo).port, ...script));
}

async function client({ url }: FaultProxy): Promise<Sight> {
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', allowHalfOpen: true });
  const sight: Sight = { socket, text: '', end: undefined };
  socket.on('data', (chunk) => (sight.text += chunk.toString()));
  socket.on('error', (error: NodeJS.ErrnoException) => (sight.end = error.code));
  socket.on('end', () => (sight.end ??= 'FIN'));
  // Where it is reset at once, that may come before it is known to be connected.
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => {});
  return sight;
}

/** Waits until it holds, for at most 5 s. */
async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1_000 && !holds(); turn++) await sleep(5);
  expect(holds()).toBe(true);
}

describe('faultProxy()', () => {
  describe('given no fault', () => {
    it('forwards both ways, and counts the connections', async () => {
      const { url } = await start();

      const first = await client(proxy!);
      const second = await client(proxy!);
      first.socket.write('one\n');
      await until(() => first.text === ANSWER);
      second.socket.destroy();
      await until(() => proxy!.open === 1);

      expect([url, received]).toEqual([expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/), 'one\n']);
      expect([proxy!.connections, proxy!.open, proxy!.mostOpen]).toEqual([2, 1, 2]);
    });

    it('ends the side whose other side has ended', async () => {
      await start();
      const { socket } = await client(proxy!);

      socket.write('one\n');
      await until(() => connected.size === 1);
      socket.end();

      await until(() => connected.size === 0 && proxy!.open === 0);
    });
  });

  describe('given a delay', () => {
    it('holds what the client says, and loses none of it', async () => {
      await start(delay(100));
      const sight = await client(proxy!);

      sight.socket.write('one\n');
      await sleep(20);
      const early = received;
      sight.socket.write('two\n');
      await until(() => received === 'one\ntwo\n');

      expect(early).toBe('');
    });
  });

  describe('given a connection that is cut at once', () => {
    it.each([
      ['close', 'FIN'],
      ['half-close', 'FIN'],
      ['reset', 'ECONNRESET'],
    ] as const)('ends it by %s', async (end, seen) => {
      await start(cutOnConnect(end));

      const sight = await client(proxy!);
      await until(() => sight.end !== undefined);

      expect([sight.end, sight.text, received]).toEqual([seen, '', '']);
    });
  });

  describe('given a connection that is cut before the request', () => {
    it.each([
      ['close', 'FIN'],
      ['half-close', 'FIN'],
      ['reset', 'ECONNRESET'],
    ] as const)('ends it by %s, and the server sees nothing', async (end, seen) => {
      await start(cutBeforeRequest(end));
      const sight = await client(proxy!);

      await sleep(20);
      const before = sight.end;
      sight.socket.write('one\n');
      await until(() => sight.end !== undefined);

      expect([before, sight.end, sight.text, received]).toEqual([undefined, seen, '', '']);
    });
  });

  describe('given a connection that is half closed', () => {
    it('still reads what the client says', async () => {
      await start(cutAnswer('half-close'));
      const sight = await client(proxy!);

      sight.socket.write('one\n');
      await until(() => sight.end === 'FIN');
      sight.socket.write('two\n');

      await until(() => received === 'one\ntwo\n');
    });
  });

  describe('given a connection that is cut in the answer', () => {
    it.each([
      ['close', 0, 'FIN'],
      ['reset', 0, 'ECONNRESET'],
      ['close', 10, 'FIN'],
      ['reset', 10, 'ECONNRESET'],
    ] as const)('ends it by %s after %d bytes, and the server has seen the request', async (end, bytes, seen) => {
      await start(cutAnswer(end, bytes));
      const sight = await client(proxy!);

      sight.socket.write('one\n');
      await until(() => sight.end !== undefined);

      expect([sight.end, sight.text, received]).toEqual([seen, ANSWER.slice(0, bytes), 'one\n']);
    });
  });

  describe('given a connection that is cut when it is used again', () => {
    it('lets the first request through, and not the second', async () => {
      await start(cutOnReuse('reset'));
      const sight = await client(proxy!);

      sight.socket.write('one\n');
      await until(() => sight.text === ANSWER);
      sight.socket.write('two\n');
      await until(() => sight.end !== undefined);

      expect([sight.end, received]).toEqual(['ECONNRESET', 'one\n']);
    });
  });

  describe('given a stall', () => {
    it('forwards so many bytes, and stays open', async () => {
      await start(stall(10));
      const sight = await client(proxy!);

      sight.socket.write('one\n');
      await until(() => sight.text.length === 10);
      sight.socket.write('two\n');
      await until(() => received === 'one\ntwo\n');
      await sleep(50);

      expect([sight.text, sight.end, proxy!.open]).toEqual([ANSWER.slice(0, 10), undefined, 1]);
    });
  });

  describe('given a drip', () => {
    it('forwards the answer in portions, and all of it', async () => {
      // Over so long a time that no pause of the machine spans it: what is sent in one is read at once.
      await start(drip(1, 20));
      const sight = await client(proxy!);
      const sizes: number[] = [];
      sight.socket.on('data', ({ length }) => sizes.push(length));

      sight.socket.write('one\n');
      await until(() => sight.text.length === ANSWER.length);

      expect([sight.text, sizes.length > 1]).toEqual([ANSWER, true]);
    });

    it('ends after the last portion where the server has ended', async () => {
      server.on('connection', (socket) => socket.on('data', () => socket.end()));
      await start(drip(20, 20));
      const sight = await client(proxy!);

      sight.socket.write('one\n');
      await until(() => sight.end !== undefined);

      expect([sight.text, sight.end]).toEqual([ANSWER, 'FIN']);
    });
  });

  describe('given garbage', () => {
    it('sends it in the place of the answer, which no fetch can read', async () => {
      await start(garbage('220 mail.example ESMTP\r\n'));

      const error = (await rejection(fetch(proxy!.url))) as Error;

      expect([error.message, (error.cause as Error).name]).toEqual(['fetch failed', 'HTTPParserError']);
      expect(received).toMatch(/^GET \/ HTTP\/1.1\r\n/);
    });
  });

  describe('given a script', () => {
    it('gives each connection its fault, and the last to all after it', async () => {
      await start(cutOnConnect('reset'), pass);

      const sights = [await client(proxy!)];
      await until(() => sights[0]!.end === 'ECONNRESET');
      sights.push(await client(proxy!), await client(proxy!));
      for (const { socket } of sights.slice(1)) socket.write('one\n');

      await until(() => sights.slice(1).every(({ text }) => text === ANSWER));
    });
  });

  describe('given a port that refuses', () => {
    it('refuses until it accepts again, and leaves what is open', async () => {
      await start();
      const open = await client(proxy!);

      proxy!.refuse();
      const refused = (await rejection(fetch(proxy!.url))) as Error;
      open.socket.write('one\n');
      await until(() => open.text === ANSWER);
      await proxy!.accept();
      const again = await client(proxy!);

      expect((refused.cause as { code: string }).code).toBe('ECONNREFUSED');
      expect([again.end, proxy!.connections]).toEqual([undefined, 2]);
    });
  });

  describe('given that it is closed', () => {
    it('leaves nothing open, nor a timer', async () => {
      await start(delay(60_000), stall(10), drip(1, 60_000));
      const before = timers();
      const sights = [await client(proxy!), await client(proxy!), await client(proxy!)];
      for (const { socket } of sights) socket.write('one\n');
      await until(() => received === 'one\none\n');

      await proxy!.close();
      await until(() => connected.size === 0 && sights.every(({ end }) => end));

      const refused = (await rejection(fetch(proxy!.url))) as Error;
      expect([proxy!.open, (refused.cause as { code: string }).code]).toEqual([0, 'ECONNREFUSED']);
      await until(() => timers() <= before);
    });

    it('may be closed twice, and while it refuses', async () => {
      await start();

      proxy!.refuse();
      await proxy!.close();
      await proxy!.close();

      expect(proxy!.open).toBe(0);
    });
  });
});

/** Timers that keep the process alive. */
function timers(): number {
  return process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
}
