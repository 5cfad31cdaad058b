// Runs the programs that measure, each in a process of its own, under the Node of this folder.

import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** This folder, with a slash at its end. */
export const here = fileURLToPath(new URL('.', import.meta.url));
/** The root of the project, likewise. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

const newer = `${here}node_modules/node24/bin/node`;

/** Installs what is measured, and builds holdfast. */
export function prepare() {
  if (!existsSync(`${here}node_modules`)) {
    spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: here, stdio: 'inherit' });
  }
  const { status, stdout, stderr } = spawnSync('npm', ['run', '--silent', 'build'], { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`the build failed: ${stdout}${stderr}`);
}

/** The Node that everything is measured under. */
export function node() {
  return existsSync(newer) ? newer : process.execPath;
}

/** Its version. */
export function nodeVersion() {
  return spawnSync(node(), ['--version'], { encoding: 'utf8' }).stdout.trim().replace('v', '');
}

/**
 * Runs a program of this folder to its end, and gives what it printed last, which is JSON.
 *
 * @param {string} program
 * @param {readonly (string | number)[]} args
 * @param {{ flags?: readonly string[], timeout?: number }} [options]
 * @returns {Promise<any>}
 */
export async function resultOf(program, args, { flags = ['--expose-gc'], timeout = 120_000 } = {}) {
  const child = spawn(node(), [...flags, `${here}${program}`, ...args.map(String)], { cwd: here, timeout });
  let [output, errors] = ['', ''];
  child.stdout.on('data', (text) => (output += text));
  child.stderr.on('data', (text) => (errors += text));
  const status = await new Promise((resolve) => child.on('close', resolve));
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${status ?? 'killed'} ${errors.slice(-500)}`);
  return JSON.parse(output.trim().split('\n').at(-1) ?? '');
}

/**
 * Starts a contender and waits until it is warm. It stays, and is asked again and again.
 *
 * @param {string} id
 * @param {string} name
 * @param {{ warm: number, sample: number }} ms
 */
export async function contender(id, name, { warm, sample }) {
  // The young generation is large, so that a collection does not fall into some samples and not into others.
  const flags = ['--expose-gc', '--max-semi-space-size=64'];
  const args = [...flags, `${here}contender.mjs`, id, name, `${warm}`, `${sample}`];
  const child = spawn(node(), args, { cwd: here, stdio: ['pipe', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (text) => (errors += text));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${id} ${name}: ${errors.slice(-500)}`);
    return JSON.parse(value);
  };
  await next();
  return {
    /**
     * @param {'ns' | 'bytes' | 'promises' | 'profile'} what
     * @returns {Promise<any>}
     */
    async ask(what) {
      child.stdin.write(`${what}\n`);
      return (await next())[what];
    },
    async end() {
      const closed = new Promise((resolve) => child.on('close', resolve));
      child.stdin.end();
      await closed;
    },
  };
}
