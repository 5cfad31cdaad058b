// Where the time of a call goes: the profile of a contender, summed by function.

import { existsSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** @typedef {{ readonly functionName: string, readonly url: string, readonly lineNumber: number, readonly columnNumber: number }} Frame */
/** @typedef {{ readonly nodes: readonly { readonly id: number, readonly callFrame: Frame }[], readonly samples?: readonly number[], readonly timeDeltas?: readonly number[] }} Profile */

/**
 * The part of the time that each function took itself, without what it called; the largest first. A collection of garbage
 * and what the engine does in its own code stand in parentheses, as the profiler names them.
 *
 * @param {Profile} profile
 * @param {(frame: Frame) => string} [nameOf]
 */
export function selfTimes({ nodes, samples = [], timeDeltas = [] }, nameOf = nameOfFrame) {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  /** @type {Map<string, number>} */
  const spent = new Map();
  let total = 0;
  samples.forEach((id, at) => {
    const name = names.get(id) ?? '(unknown)';
    // The time from this sample to the next is that of this one.
    const time = timeDeltas[at + 1] ?? 0;
    if (name === '(idle)') return;
    total += time;
    spent.set(name, (spent.get(name) ?? 0) + time);
  });
  return [...spent]
    .map(([name, time]) => ({ name, part: total ? time / total : 0 }))
    .toSorted((one, other) => other.part - one.part);
}

/**
 * The function and the file it was written in: `descend, src/base/call.ts`.
 *
 * @param {Frame} frame
 */
export function nameOfFrame({ functionName, url, lineNumber, columnNumber }) {
  if (!url) return functionName || '(native)';
  if (url.startsWith('node:')) return `${functionName || '(anonymous)'}, ${url}`;
  const file = relative(root, url.startsWith('file:') ? fileURLToPath(url) : url).replaceAll('\\', '/');
  if (!file.startsWith('dist/'))
    return file.startsWith('test/bench/node_modules') ? `${functionName}, ${file}` : '(the benchmark)';
  const { originalSource, originalLine } = mapOf(fileURLToPath(url))?.findEntry(lineNumber, columnNumber) ?? {};
  const source = originalSource ? originalSource.replace(/^.*?(?=src\/)/, '') : file;
  return `${functionName || `line ${(originalLine ?? lineNumber) + 1}`}, ${source}`;
}

const root = fileURLToPath(new URL('../..', import.meta.url));
/** @type {Map<string, any>} */
const maps = new Map();

/** @param {string} path */
function mapOf(path) {
  if (!maps.has(path)) {
    const map = `${path}.map`;
    maps.set(path, existsSync(map) ? new SourceMap(JSON.parse(readFileSync(map, 'utf8'))) : undefined);
  }
  return maps.get(path);
}
