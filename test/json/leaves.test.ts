import { describe, expect, it } from 'vitest';
import { leaves } from '../../src/json/leaves.ts';
import { readShape, type Place } from '../../src/json/read-shape.ts';

const place = { path: 'it', action: 'read', tools: {} } as Place;

/** What each leaf takes as what, and what it refuses. */
const LEAVES: {
  readonly [Name in keyof typeof leaves]: { takes: [json: unknown, as: unknown][]; refuses: unknown[] };
} = {
  text: { takes: [['', '']], refuses: [1, null] },
  flag: { takes: [[false, false]], refuses: ['true', 0] },
  none: { takes: [[false, false]], refuses: [true, null] },
  any: {
    takes: [
      [null, null],
      [0, 0],
    ],
    refuses: [undefined],
  },
  version: { takes: [[1, 1]], refuses: [2, '1'] },
  releaseOn: {
    takes: [
      ['settle', 'settle'],
      ['timeout', 'timeout'],
    ],
    refuses: ['Settle', 1],
  },
  count: { takes: [[1, 1]], refuses: [0, 1.5, '1', 'Infinity', 2 ** 53] },
  countOrInfinity: {
    takes: [
      [1, 1],
      ['Infinity', Infinity],
    ],
    refuses: [0, 1.5, '-Infinity'],
  },
  lineLength: {
    takes: [
      [0, 0],
      [100_000, 100_000],
    ],
    refuses: [-1, 100_001, 0.5],
  },
  windowCalls: {
    takes: [
      [1, 1],
      [100_000, 100_000],
    ],
    refuses: [0, 100_001, 1.5],
  },
  ratio: {
    takes: [
      [0, 0],
      [1, 1],
    ],
    refuses: [-0.1, 1.1, '50%'],
  },
  quantile: { takes: [[0.5, 0.5]], refuses: [0, 1] },
  amount: {
    takes: [
      [0, 0],
      [0.5, 0.5],
    ],
    refuses: [-1, 'Infinity'],
  },
  positive: { takes: [[0.1, 0.1]], refuses: [0, '1'] },
  factor: {
    takes: [
      [1, 1],
      [2.5, 2.5],
    ],
    refuses: [0.9],
  },
  duration: {
    takes: [
      [0, 0],
      ['0.1s', 100],
    ],
    refuses: [-1, 'soon', 'Infinity', null],
  },
  durationOrInfinity: {
    takes: [
      [0, 0],
      ['1m', 60_000],
      ['Infinity', Infinity],
    ],
    refuses: [-1, 'never'],
  },
  interval: {
    takes: [
      [0.5, 0.5],
      ['1s', 1_000],
    ],
    refuses: [0, '0s', 'Infinity'],
  },
  window: {
    takes: [
      [1, 1],
      ['1ms', 1],
    ],
    refuses: [0.5, '0.5ms'],
  },
  estimate: {
    takes: [
      [0.01, 0.01],
      ['1h', 3_600_000],
    ],
    refuses: [0, '61m'],
  },
};

describe.each(Object.entries(LEAVES))('leaves.%s', (name, { takes, refuses }) => {
  const leaf = leaves[name as keyof typeof leaves];

  it.each(takes)('takes %j as %d', (json, as) => {
    expect(readShape(leaf, json as never, place)).toBe(as);
  });

  it.each(refuses.map((json) => [json]))('refuses %j, and says what is expected', (json) => {
    expect(() => readShape(leaf, json as never, place)).toThrow(`Cannot read: expected it to be ${leaf.kind[0]}, got `);
  });
});
