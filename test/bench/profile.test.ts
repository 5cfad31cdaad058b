import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nameOfFrame, selfTimes } from './profile.mjs';

const root = join(import.meta.dirname, '../..');

function frame(functionName: string, path = ''): Parameters<typeof nameOfFrame>[0] {
  const url = path && !path.includes(':') ? pathToFileURL(join(root, path)).href : path;
  return { functionName, url, lineNumber: 9, columnNumber: 0 };
}

describe('selfTimes()', () => {
  it('sums the time to the next sample by name, without the time in which nothing was done, largest first', () => {
    const nodes = [
      { id: 1, callFrame: frame('slow') },
      { id: 2, callFrame: frame('(idle)') },
      { id: 3, callFrame: frame('fast') },
      { id: 4, callFrame: frame('slow') },
    ];
    const profile = { nodes, samples: [3, 1, 2, 4, 5], timeDeltas: [77, 10, 20, 1_000, 50, 0] };

    expect(selfTimes(profile)).toEqual([
      { name: 'slow', part: 70 / 80 },
      { name: 'fast', part: 10 / 80 },
      { name: '(unknown)', part: 0 },
    ]);
  });

  it('has nothing to say of an empty profile', () => {
    expect(selfTimes({ nodes: [] })).toEqual([]);
  });
});

describe('nameOfFrame()', () => {
  it.each([
    [frame('(garbage collector)'), '(garbage collector)'],
    [frame(''), '(native)'],
    [frame('', 'node:internal/timers'), '(anonymous), node:internal/timers'],
    [frame('loop', 'test/bench/contender.mjs'), '(the benchmark)'],
    [frame('fire', 'test/bench/node_modules/opossum/index.js'), 'fire, test/bench/node_modules/opossum/index.js'],
    [frame('enter', 'dist/none.js'), 'enter, dist/none.js'],
    [frame('', 'dist/none.js'), 'line 10, dist/none.js'],
  ])('of %o is %s', (given, name) => {
    expect(nameOfFrame(given)).toBe(name);
  });
});
