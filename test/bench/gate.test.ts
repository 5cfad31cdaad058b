import { describe, expect, it } from 'vitest';
import { gate, slips } from './gate.mjs';

const recorded = {
  A: { ratios: { bare: { ratio: 2, noise: 0.1 }, 'by hand': { ratio: 1, noise: 0.2 } }, promises: 4 },
  G2: { ratios: { 'by hand': { ratio: 1.5, noise: 0.1 } } },
};

function measured(bare: number, byHand: number, promises = 4): (typeof recorded)['A'] {
  return { ratios: { bare: { ratio: bare, noise: 9 }, 'by hand': { ratio: byHand, noise: 9 } }, promises };
}

describe('slips()', () => {
  it('lets a ratio pass that is within its recorded noise, whatever noise was measured', () => {
    expect(slips(recorded, [{ A: measured(2.2, 1.2) }])).toEqual([]);
    expect(slips(recorded, [{ A: measured(0.5, 0.5, 3) }])).toEqual([]);
  });

  it('finds a ratio to the bare call that is above it, and says by how much', () => {
    expect(slips(recorded, [{ A: measured(2.21, 1) }])).toEqual([
      { id: 'A', what: 'ratio to bare', recorded: 2, measured: 2.21, limit: 2.2 },
    ]);
  });

  it('finds a ratio to what is written by hand', () => {
    expect(
      slips(recorded, [{ A: measured(2, 1.21), G2: { ratios: { 'by hand': { ratio: 1.7, noise: 0 } } } }]),
    ).toEqual([
      { id: 'A', what: 'ratio to by hand', recorded: 1, measured: 1.21, limit: 1.2 },
      { id: 'G2', what: 'ratio to by hand', recorded: 1.5, measured: 1.7, limit: 1.5 * 1.1 },
    ]);
  });

  it('takes the best of several tries, for each ratio on its own', () => {
    expect(slips(recorded, [{ A: measured(3, 1) }, { A: measured(2, 2) }])).toEqual([]);
    expect(slips(recorded, [{ A: measured(3, 1) }, { A: measured(2.5, 1) }])).toMatchObject([{ measured: 2.5 }]);
  });

  it('finds a single promise more than was recorded', () => {
    expect(slips(recorded, [{ A: measured(2, 1, 4.1) }])).toEqual([
      { id: 'A', what: 'promises', recorded: 4, measured: 4.1, limit: 4 },
    ]);
  });

  it('takes a ratio that was not measured, or came out as no number, for a slip', () => {
    expect(slips(recorded, [{ A: measured(Number.NaN, 1) }])).toMatchObject([{ what: 'ratio to bare' }]);
    expect(slips(recorded, [{ A: { ratios: {} as never, promises: 4 } }])).toMatchObject([
      { what: 'ratio to bare', measured: Infinity },
      { what: 'ratio to by hand', measured: Infinity },
    ]);
  });

  it('says nothing of a case that no try has measured', () => {
    expect(slips(recorded, [{}])).toEqual([]);
  });
});

describe('gate()', () => {
  function scripted(answers: Record<string, (typeof recorded)['A']>[]): {
    measure: (ids: readonly string[]) => Promise<Record<string, (typeof recorded)['A']>>;
    asked: (readonly string[])[];
  } {
    const asked: (readonly string[])[] = [];
    return { asked, measure: async (ids) => (asked.push(ids), answers[asked.length - 1]!) };
  }
  const fine = { G2: { ratios: { 'by hand': { ratio: 1.5, noise: 0 } } } as never };

  it('measures once where nothing has slipped', async () => {
    const { measure, asked } = scripted([{ A: measured(2, 1), ...fine }]);

    expect(await gate(recorded, measure)).toEqual([]);
    expect(asked).toEqual([['A', 'G2']]);
  });

  it('measures what is suspicious again, and that alone', async () => {
    const { measure, asked } = scripted([{ A: measured(9, 9), ...fine }, { A: measured(2, 9) }, { A: measured(9, 1) }]);
    const tries: number[] = [];

    expect(await gate(recorded, measure, { onTry: (found) => tries.push(found.length) })).toEqual([]);
    expect(asked).toEqual([['A', 'G2'], ['A'], ['A']]);
    expect(tries).toEqual([2, 1, 0]);
  });

  it('fails what is behind in three tries', async () => {
    const { measure, asked } = scripted([
      { A: measured(3, 1), ...fine },
      { A: measured(2.4, 1) },
      { A: measured(2.6, 1) },
      { A: measured(2, 1) },
    ]);

    expect(await gate(recorded, measure)).toMatchObject([{ id: 'A', measured: 2.4, limit: 2.2 }]);
    expect(asked).toHaveLength(3);
  });
});
