import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import {
  chownSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { findServers } from '../servers.mjs';

/** Paths of the servers and the browser that this machine has: `describe.skipIf(!installed.redis)`. */
export const installed: ReturnType<typeof findServers> = findServers();

/** A real server on the loopback interface, with a folder of its own, that can be frozen, killed and started again. */
export interface Server {
  readonly port: number;
  /** Of the process that runs; another one after `restart`. */
  readonly pid: number;
  /** Stops all its processes where they are: connections stay open, and nothing answers. */
  freeze(): void;
  /** Lets a frozen server go on. */
  thaw(): void;
  /**
   * Ends its process, frozen or not, and leaves its data.
   *
   * @param signal `SIGKILL` is a crash; a server has its own ideas of the others.
   */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it after `kill`, on the same port, with the same data; resolves when it takes connections. */
  start(): Promise<void>;
  /** Ends its processes and removes its folder. Call it in `afterAll`; a second time changes nothing. */
  stop(): Promise<void>;
}

/** A Redis without persistence. Further arguments are those of `redis-server`: `'--replicaof', '127.0.0.1 6379'`. */
export async function startRedis(...args: readonly string[]): Promise<Server> {
  const folder = newFolder();
  const port = await freePort();
  const plain = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder];
  return started({ port, folder, command: [installed.redis!, ...plain, ...args], ready: /Ready to accept/ });
}

/** A PostgreSQL with the user `postgres`, without passwords. Settings are added: `{ max_connections: '20' }`. */
export async function startPostgres(settings: Readonly<Record<string, string>> = {}): Promise<Server> {
  const folder = newFolder();
  const port = await freePort();
  const owner = postgresOwner();
  if (owner) chownSync(folder, owner.uid, owner.gid);
  const data = join(folder, 'data');
  const initdb = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'];
  const made = spawnSync(join(installed.postgres!, 'initdb'), initdb, { ...owner, cwd: folder, encoding: 'utf8' });
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
  // Nothing has to survive the machine, so nothing waits for the disk.
  const own = { listen_addresses: '127.0.0.1', unix_socket_directories: '', fsync: 'off' };
  const all = { ...own, dynamic_shared_memory_type: 'mmap', ...settings };
  const options = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const command = [join(installed.postgres!, 'postgres'), '-D', data, '-p', `${port}`, ...options];
  return started({ port, folder, command, owner, ready: /ready to accept connections/ });
}

/**
 * An nginx with one process.
 *
 * @param http what stands in the `http` block: servers that listen on the given port.
 */
export async function startNginx(http: (port: number) => string): Promise<Server> {
  const folder = newFolder();
  const port = await freePort();
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  const config = `
    daemon off; master_process off; pid ${folder}/pid; error_log stderr notice;
    events {}
    http { access_log off; ${paths.join(' ')} ${http(port)} }`;
  writeFileSync(join(folder, 'nginx.conf'), config);
  const command = [installed.nginx!, '-e', 'stderr', '-p', folder, '-c', 'nginx.conf'];
  return started({ port, folder, command });
}

/**
 * A workerd, the runtime of Cloudflare Workers, that serves one worker on its port.
 *
 * @param modules the files that it can import, by their names; the first one is the worker.
 */
export async function startWorkerd(modules: Readonly<Record<string, string>>): Promise<Server> {
  const folder = newFolder();
  const port = await freePort();
  for (const [name, path] of Object.entries(modules)) copyFileSync(path, join(folder, name));
  const embedded = Object.keys(modules).map((name) => `(name = "${name}", esModule = embed "${name}")`);
  const config = `using Workerd = import "/workerd/workerd.capnp";
    const config :Workerd.Config = (
      services = [
        (name = "worker", worker = (compatibilityDate = "2026-10-01", modules = [${embedded.join(', ')}])),
        (name = "internet", network = (allow = ["private"])),
      ],
      sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "worker")],
    );`;
  writeFileSync(join(folder, 'config.capnp'), config);
  const { default: workerd } = createRequire(import.meta.url)('workerd') as { default: string };
  return started({ port, folder, command: [workerd, 'serve', join(folder, 'config.capnp')] });
}

/** A port that nothing listens on, and that no other test takes meanwhile: also good for a server that is down. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const listening = new Promise<boolean>((resolve) => {
    server.once('listening', () => resolve(true)).once('error', () => resolve(false));
  });
  server.listen(somePort(), '127.0.0.1');
  if (!(await listening)) return freePort();
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  if (given.has(port)) return freePort();
  given.add(port);
  return port;
}

const given = new Set<number>();
const FIRST_PORT = 20_000;
/** So many test files may run at once, each with ports of its own. */
const LANES = 16;

/** One below those that the system gives to everybody who asks for any port, where there is room; else 0, for any. */
function somePort(): number {
  const path = '/proc/sys/net/ipv4/ip_local_port_range';
  const end = existsSync(path) ? Number.parseInt(readFileSync(path, 'utf8')) : 32_768;
  const room = Math.floor((end - FIRST_PORT) / LANES);
  const lane = Number(process.env['VITEST_POOL_ID'] ?? 0) % LANES;
  return room > 0 ? FIRST_PORT + LANES * randomInt(room) + lane : 0;
}

interface Launch {
  readonly port: number;
  readonly folder: string;
  readonly command: readonly string[];
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
  /** What it says when it is ready; by default, it is when somebody can connect. */
  readonly ready?: RegExp;
}

async function started(launch: Launch): Promise<Server> {
  const { port, folder } = launch;
  const warden = wardenOf(folder);
  let child: ChildProcess | undefined;
  const ended = (): boolean => !child?.pid || child.exitCode !== null || child.signalCode !== null;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (ended()) return;
    const gone = new Promise((resolve) => child!.once('exit', resolve));
    if (signal === 'SIGKILL') signalAll(signal);
    else child!.kill(signal);
    await gone;
    // Its children end when they have come to it, and hold on to what they share until then.
    while (residents(folder).length) await pause(5);
    warden.stdin!.write('\n');
  };
  const signalAll = (signal: NodeJS.Signals): void => {
    // The first begets the others: it stands still while they are looked for, and goes on last.
    signalOne(child!.pid!, 'SIGSTOP');
    for (const each of residents(folder)) if (each !== child!.pid) signalOne(each, signal);
    signalOne(child!.pid!, signal);
  };
  const server: Server = {
    port,
    get pid() {
      return child!.pid!;
    },
    freeze: () => signalAll('SIGSTOP'),
    thaw: () => signalAll('SIGCONT'),
    kill: (signal = 'SIGKILL') => end(signal),
    start() {
      child = launched(launch);
      warden.stdin!.write(`${server.pid}\n`);
      return taken(child, launch);
    },
    async stop() {
      if (warden.stdin!.writableEnded) return;
      if (!ended()) {
        server.thaw();
        const late = setTimeout(() => signalAll('SIGKILL'), 3_000);
        await end('SIGINT');
        clearTimeout(late);
      }
      warden.stdin!.end();
      await new Promise((resolve) => warden.once('exit', resolve));
    },
  };
  try {
    await server.start();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

function launched({ command: [program = '', ...args], folder, owner }: Launch): ChildProcess {
  return spawn(program, args, { ...owner, cwd: folder, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Resolves when the process takes connections, and rejects with what it said if it ends before. */
async function taken(child: ChildProcess, { command: [program], port, ready }: Launch): Promise<void> {
  let said = '';
  let over = false;
  const hear = (text: unknown): void => void (said = `${said}${text}`.slice(-8_192));
  child.stdout!.on('data', hear);
  child.stderr!.on('data', hear);
  child.once('exit', () => (over = true));
  child.once('error', (error) => {
    over = true;
    hear(error);
  });
  const deadline = Date.now() + 90_000;
  while (!(ready ? ready.test(said) : await accepts(port))) {
    if (over || Date.now() > deadline) throw new Error(`${program} ${over ? 'ended' : 'is not ready'}: ${said}`);
    await pause(20);
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const settle = (accepted: boolean): void => {
      socket.destroy();
      resolve(accepted);
    };
    socket.once('connect', () => settle(true)).once('error', () => settle(false));
  });
}

/**
 * A shell that waits for the end of its input, which comes when this process ends, however it does. It then ends the
 * server whose id it was told last, unless that was an empty line, frozen or not, and removes the folder.
 */
function wardenOf(folder: string): ChildProcess {
  const script = `
    trap '' INT TERM HUP
    while read -r next; do pid=$next; done
    if [ -n "$pid" ]; then
      all="$pid $(find /proc/[0-9]*/cwd -maxdepth 0 -lname "$1*" 2>/dev/null | cut -d / -f 3)"
      kill -CONT $all; kill -INT $pid; sleep 1; kill -KILL $all; sleep 1
    fi
    rm -rf "$1"`;
  const warden = spawn('/bin/sh', ['-c', script, 'sh', folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  warden.stdin.on('error', () => {});
  return warden;
}

function signalOne(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It has ended meanwhile.
  }
}

/**
 * The processes that work in a folder. A list of children leaves out some while others end, and process groups do not
 * help: PostgreSQL gives each child one of its own.
 */
function residents(folder: string): number[] {
  const processes = existsSync('/proc') ? readdirSync('/proc').map(Number).filter(Boolean) : [];
  return processes.filter((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`).startsWith(folder);
    } catch {
      return false;
    }
  });
}

function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'holdfast-'));
}

/** PostgreSQL refuses to run as root. */
function postgresOwner(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string): number => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout);
  return { uid: id('-u'), gid: id('-g') };
}
