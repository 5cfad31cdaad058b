import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  exports: Record<string, string | { default?: string }>;
};
const entries = Object.entries(exports).flatMap(([name, target]): [name: string, file: string][] =>
  typeof target === 'object' && target.default?.endsWith('.js') ? [[name, target.default]] : [],
);

/**
 * Bytes of JavaScript that an engine has to read and parse for an import, and files that it is spread over: what it costs
 * to start. Each entry brings the core, in one file; see docs/decisions/0029.
 */
const budgets: Record<string, readonly [bytes: number, files: number]> = {
  '.': [139_000, 2],
  './http': [163_500, 2],
  './json': [163_000, 4],
  './lint': [159_000, 3],
  './queues': [145_000, 2],
  './simulator': [206_500, 5],
  './stream': [154_000, 2],
  './testing': [151_000, 3],
};

/** A file and all that it imports when it is loaded. */
function loadedBy(file: string, seen: Set<string> = new Set()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const code = readFileSync(join(root, file), 'utf8');
  for (const [, target] of code.matchAll(/^(?:import|export)\b[^'"]*?(?:from )?['"](\.[^'"]+)['"]/gm)) {
    loadedBy(join(dirname(file), target!), seen);
  }
  return seen;
}

/** Whatever an import touches of the world around it, in a process of its own. */
function touchedBy(file: string): string[] {
  const script = `
    const touched = [];
    const watch = (owner, name, key) => {
      const real = owner[key];
      owner[key] = function (...given) { touched.push(name + '.' + key); return Reflect.apply(real, this, given); };
    };
    const shapes = () => ['globalThis', 'Object', 'Array', 'Function', 'Promise', 'Error', 'Symbol', 'AbortSignal', 'EventTarget']
      .flatMap((name) => [globalThis[name], globalThis[name].prototype ?? {}].map((owner) =>
        Reflect.ownKeys(owner).map((key) => [name, String(key), typeof Object.getOwnPropertyDescriptor(owner, key).value].join(' ')))).flat();
    const limit = Error.stackTraceLimit;
    for (const key of ['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'fetch']) watch(globalThis, 'globalThis', key);
    for (const key of ['now', 'parse']) watch(Date, 'Date', key);
    watch(performance, 'performance', 'now');
    watch(Math, 'Math', 'random');
    // Node makes it when it is first read, which takes long.
    Object.defineProperty(globalThis, 'navigator', { configurable: true, get: () => void touched.push('navigator') });
    for (const key of ['log', 'warn', 'error', 'info']) watch(console, 'console', key);
    for (const key of ['on', 'once', 'addListener', 'emitWarning', 'nextTick']) watch(process, 'process', key);
    watch(EventTarget.prototype, 'EventTarget', 'addEventListener');
    const { print } = { print: process.stdout.write.bind(process.stdout) };
    await Promise.resolve();
    // The first look makes the globals that come into being only when they are read.
    shapes();
    const before = shapes();
    touched.length = 0;
    const listening = process.eventNames().length;
    await import(${JSON.stringify(join(root, file))});
    const now = [...touched];
    if (process.eventNames().length !== listening) now.push('listeners of the process');
    if (Error.stackTraceLimit !== limit) now.push('Error.stackTraceLimit');
    if (process.getActiveResourcesInfo().some((what) => /Timeout|Immediate|TCP|Worker/.test(what))) now.push('resources');
    const after = shapes();
    now.push(...after.filter((each) => !before.includes(each)), ...before.filter((each) => !after.includes(each)));
    print(JSON.stringify(now));`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: root,
    encoding: 'utf8',
    timeout: 180_000,
  });
  return JSON.parse(output) as string[];
}

describe('an import', () => {
  it.each(entries)('of %s touches nothing: no clock, no chance, no timer, no listener, no global', (_, file) => {
    expect(touchedBy(file)).toEqual([]);
  });

  it.each(entries)('of %s has little to read', (name, file) => {
    const files = [...loadedBy(file)];

    const bytes = files.reduce((sum, each) => sum + statSync(join(root, each)).size, 0);
    const [mostBytes, mostFiles] = budgets[name]!;

    console.log(`import of ${name}: ${bytes} bytes in ${files.length} files`);
    expect(bytes).toBeLessThanOrEqual(mostBytes);
    expect(files.length).toBeLessThanOrEqual(mostFiles);
  });

  it('never brings a module twice: each source is in one file, for all entries', () => {
    const maps = readdirSync(join(root, 'dist')).filter((name) => name.endsWith('.js.map'));

    const sources = maps.flatMap((name) => {
      const map = JSON.parse(readFileSync(join(root, 'dist', name), 'utf8')) as { sources: string[] };
      return map.sources;
    });

    expect(sources).toContain('../src/base/layers.ts');
    expect(sources.filter((source, at) => sources.indexOf(source) < at)).toEqual([]);
  });
});
