import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { cases } from './cases.mjs';
import { holds, sectionsOf, speedPage } from './page.mjs';

const read = (path: string): string => readFileSync(join(import.meta.dirname, path), 'utf8');
const recorded = JSON.parse(read('recorded.json')) as { cases: object; scale: object };

describe('holds()', () => {
  it.each([
    [1, 'goal'],
    [1.5, 'goal'],
    [1.51, 'must'],
    [2, 'must'],
    [2.01, '**no**'],
    [Number.NaN, '**no**'],
  ])('of %d, where 2 is a must and 1.5 the goal, is %s', (value, verdict) => {
    expect(holds(value, 2, 1.5)).toBe(verdict);
  });
});

describe('docs/speed.md', () => {
  const page = read('../../docs/speed.md');

  it('is what recorded.json makes of it', () => {
    expect(speedPage(page, recorded, cases)).toBe(page);
  });

  it('has every case, and everything else that is measured', () => {
    expect(Object.keys(recorded.cases)).toEqual(cases.map(({ id }) => id));
    expect(Object.keys(recorded.scale)).toEqual(['J', 'K', 'L', 'N', 'S', 'W', 'Y']);
  });
});

describe('sectionsOf()', () => {
  const figures = (ratio: number): object => ({
    ns: 10 * ratio,
    ratio,
    low: ratio,
    high: ratio,
    bytes: 8,
    promises: 2,
  });
  const made = (ours: number, peer: number): ReturnType<typeof sectionsOf> => {
    const contenders = { bare: figures(1), 'by hand': figures(2), holdfast: figures(ours), cockatiel: figures(peer) };
    const ratios = { bare: { ratio: ours, noise: 0.1 }, 'by hand': { ratio: ours / 2, noise: 0.1 } };
    const profiles = { A: [{ name: 'descend, src/base/call.ts', part: 0.25 }] };
    const machine = { processor: 'P', cores: 2, system: 'S', node: '24' };
    const effort = { runs: 3, rounds: 21, sample: 15 };
    const all = {
      cases: { A: { contenders, ratios } },
      scale: {},
      profiles,
      machine,
      versions: { cockatiel: '4' },
      effort,
    };
    return sectionsOf(all, cases);
  };

  it('says where a target is missed and a peer is better, and where the time goes', () => {
    const { verdict, cases: rows, better, missed } = made(3, 2.5);

    expect(verdict).toBe(
      'Figures with a target: 1. At their goal: 0; at what they must: 0; at neither: 1. Ahead of the best peer, or level with it: 0 of 1.',
    );
    expect(rows).toMatch(/^\| A +\|.*\*\*3\*\*.*\| 2\.2 +\| 1\.7 +\| \*\*no\*\* +\| 2 +\| cockatiel +\| 2\.5 +\| no /m);
    expect(better).toBe('- A, retry, first attempt succeeds: cockatiel 2.5, holdfast 3.');
    expect(missed).toMatch(/^\| `descend, src\/base\/call\.ts` \| 25 % +\|$/m);
  });

  it('says that nothing is missed where nothing is', () => {
    const { verdict, better, missed, machine } = made(1.6, 2.5);

    expect(verdict).toContain('At their goal: 1;');
    expect([better, missed]).toEqual(['Nowhere in these tables.', 'None is missed.']);
    expect(machine).toBe('P, 2 cores, S, Node 24. cockatiel 4. 3 runs of 21 rounds of samples of 15 ms.');
  });
});
