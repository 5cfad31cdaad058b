import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** One connection through the proxy, as a fault sees it. */
export interface Link {
  readonly client: Socket;
  /** Bytes of answers that came from the server before the chunk at hand. */
  readonly answered: number;
  /** Sends a chunk to the server. */
  readonly forward: (chunk: Buffer) => void;
  /** Calls back after so many ms, when a client of this process has read what has come, unless the connection has ended. */
  readonly later: (delay: number, callback: () => void) => void;
}

/** What becomes of a connection, where that is not the usual. */
export interface Fault {
  readonly connect?: (link: Link) => void;
  /** In the place of forwarding a chunk to the server. */
  readonly request?: (link: Link, chunk: Buffer) => void;
  /** In the place of forwarding a chunk to the client. */
  readonly answer?: (link: Link, chunk: Buffer) => void;
}

/** No fault. */
export const pass: Fault = {};

/** Forwards what the client sends after so many ms. */
export const delay = (ms: number): Fault => ({
  request: ({ later, forward }, chunk) => later(ms, () => forward(chunk)),
});

/** How a connection ends: by a FIN, by an RST, or by a FIN while it still reads. */
export type End = 'close' | 'reset' | 'half-close';

const END: Record<End, (link: Link) => void> = {
  close: ({ client }) => client.destroy(),
  reset: ({ client }) => client.resetAndDestroy(),
  'half-close': ({ client }) => client.end(),
};

/** Ends a connection as soon as it is there. */
export const cutOnConnect = (end: End): Fault => ({ connect: END[end] });

/** Ends a connection when a request comes in. The server never sees it. */
export const cutBeforeRequest = (end: End): Fault => ({ request: END[end] });

/** Lets the first request through and ends the connection when a second comes in, as a server does that was idle. */
export const cutOnReuse = (end: End): Fault => ({
  request: (link, chunk) => (link.answered ? END[end](link) : link.forward(chunk)),
});

/** Ends a connection after so many bytes of the answer: the server has got the request. */
export const cutAnswer = (end: End, bytes = 0): Fault => ({
  answer: (link, chunk) => head(link, chunk, bytes, () => END[end](link)),
});

/** Forwards so many bytes of the answer, and then nothing. The connection stays open. */
export const stall = (bytes = 0): Fault => ({ answer: (link, chunk) => head(link, chunk, bytes) });

/** Forwards so many bytes of the answer every so many ms. */
export const drip = (bytes: number, every: number): Fault => ({
  answer({ client, answered, later }, chunk) {
    for (let at = 0; at < chunk.length; at += bytes) {
      later(((answered + at) / bytes) * every, () => client.write(chunk.subarray(at, at + bytes)));
    }
  },
});

/** Sends this in the place of the answer, and closes. */
export const garbage = (text: string): Fault => ({ answer: ({ client }) => void client.end(text) });

/** Forwards no more than so many bytes of the answer in all. */
function head({ client, answered, later }: Link, chunk: Buffer, bytes: number, then?: () => void): void {
  const left = bytes - answered;
  if (left > 0) client.write(chunk.subarray(0, left));
  // A moment later: whoever finds an RST together with what was written before it takes it for an end.
  if (then && left <= chunk.length) later(5, then);
}

/** A TCP proxy on loopback that fails by a script. */
export interface FaultProxy {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  /** Connections accepted so far. */
  readonly connections: number;
  /** Clients' connections that are open. */
  readonly open: number;
  /** The most clients' connections that were open at once. */
  readonly mostOpen: number;
  /** Closes the port, so that connections are refused. Those that are open go on. */
  refuse(): void;
  /** Opens the port again. */
  accept(): Promise<void>;
  /** Closes the port and destroys every connection, on both sides. */
  close(): Promise<void>;
}

/**
 * Starts a proxy in front of a port on loopback.
 *
 * @param script a fault for each connection, in the order in which they come; the last goes for all after it.
 */
export async function faultProxy(target: number, ...script: readonly Fault[]): Promise<FaultProxy> {
  const clients = new Set<Socket>();
  const servers = new Set<Socket>();
  let connections = 0;
  let mostOpen = 0;
  const proxy = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const fault = script[Math.min(connections++, script.length - 1)] ?? pass;
    keep(client, clients);
    mostOpen = Math.max(mostOpen, clients.size);
    join(client, fault, () => keep(connect({ port: target, host: '127.0.0.1', allowHalfOpen: true }), servers));
  });
  const listen = (port: number) => once(proxy.listen(port, '127.0.0.1'), 'listening');
  await listen(0);
  const { port } = proxy.address() as AddressInfo;

  return {
    url: `http://127.0.0.1:${port}`,
    get connections() {
      return connections;
    },
    get open() {
      return clients.size;
    },
    get mostOpen() {
      return mostOpen;
    },
    refuse: () => void proxy.close(),
    accept: async () => void (await listen(port)),
    async close() {
      if (proxy.listening) proxy.close();
      const all = [...clients, ...servers];
      await Promise.all(all.map((socket) => once(socket.destroy(), 'close')));
    },
  };
}

function keep(socket: Socket, set: Set<Socket>): Socket {
  set.add(socket);
  // An error is followed by `close`, which is told to the other side.
  return socket.on('error', () => {}).once('close', () => set.delete(socket));
}

/** Joins a client with the server, which is called when there is something to say. */
function join(client: Socket, fault: Fault, call: () => Socket): void {
  const timers = new Set<NodeJS.Timeout>();
  let server: Socket | undefined;
  let answered = 0;
  let ended = false;

  const endClient = (): void => void (ended && !timers.size && client.end());
  const toClient = fault.answer ?? ((_, chunk) => void client.write(chunk));
  const open = (): Socket =>
    call()
      .on('data', (chunk: Buffer) => {
        toClient(link, chunk);
        answered += chunk.length;
      })
      .once('end', () => {
        ended = true;
        endClient();
      })
      .once('close', () => !ended && client.destroy());
  const link: Link = {
    client,
    get answered() {
      return answered;
    },
    forward: (chunk) => void (server ??= open()).write(chunk),
    later(delayed, callback) {
      const ring = (): void => {
        if (!timers.delete(timer)) return;
        callback();
        endClient();
      };
      // An immediate comes after the sockets: a timer may be so late that it comes before.
      const timer = setTimeout(() => setImmediate(ring), delayed);
      timers.add(timer);
    },
  };

  client
    .on('data', (chunk: Buffer) => (fault.request ?? (({ forward }) => forward(chunk)))(link, chunk))
    .once('end', () => (server ?? client).end())
    .once('close', () => {
      timers.forEach(clearTimeout);
      timers.clear();
      server?.destroy();
    });
  fault.connect?.(link);
}
