import { describe, expect, it } from 'vitest';
import {
  choiceFlag,
  integerFlag,
  limitFlag,
  numberFlag,
  switchFlag,
  textFlag,
  timeFlag,
  type Flag,
} from '../../src/cli/flag.ts';
import { wrongArgument } from '../wrong-argument.ts';

const reads = (flag: Flag<unknown>, text: string): unknown => flag.read(text, '--x', 'run holdfast test');

describe('timeFlag()', () => {
  it.each([
    ['100ms', 100],
    ['1.5s', 1_500],
    ['0.1s', 100],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['PT2S', 2_000],
    ['PT1M30S', 90_000],
    ['250', 250],
    ['0.5', 0.5],
    ['0', 0],
  ])('reads %s', (text, ms) => {
    expect(reads(timeFlag(''), text)).toBe(ms);
  });

  it.each(['', 'soon', '-1s', '1 s', '1d', 'Infinity', '1e3', '٣s'])('refuses %j', (text) => {
    expect(() => reads(timeFlag(''), text)).toThrow(
      `Cannot run holdfast test: expected --x to be a duration, such as 100ms, 1.5s, 2m, 1h or PT2S, got "${text}"`,
    );
  });
});

describe('limitFlag()', () => {
  const flag = limitFlag('', 'none');

  it('reads a duration', () => {
    expect(['1ms', '0.5', '1m'].map((text) => reads(flag, text))).toEqual([1, 0.5, 60_000]);
  });

  it.each(['0', '0s', 'PT0S', '0.0'])('refuses %s: nothing could begin', (text) => {
    expect(() => reads(flag, text)).toThrow(
      wrongArgument(RangeError, `Cannot run holdfast test: expected --x to be longer than 0, got "${text}"`),
    );
  });

  it('refuses what is no duration', () => {
    expect(() => reads(flag, 'soon')).toThrow('expected --x to be a duration');
  });
});

describe('integerFlag()', () => {
  it('reads integers within its bounds, the bounds included', () => {
    const flag = integerFlag('', [1, 10]);

    expect(['1', '10', '1e1', '+2', '3.0'].map((text) => reads(flag, text))).toEqual([1, 10, 10, 2, 3]);
    for (const text of ['0', '11', '1.5', '-1', 'x', '', '1e2', '0x5', '9'.repeat(30)]) {
      expect(() => reads(flag, text), text).toThrow(`expected --x to be an integer from 1 to 10, got "${text}"`);
    }
  });
});

describe('numberFlag()', () => {
  it('reads numbers within its bounds, the bounds included', () => {
    const flag = numberFlag('', [0, 1]);

    expect(['0', '0.25', '.5', '1.', '25e-2', '1E0'].map((text) => reads(flag, text))).toEqual([
      0, 0.25, 0.5, 1, 0.25, 1,
    ]);
    for (const text of ['1.1', '-0.1', '.', '1e', 'e1', '0x1', ' 1', 'x']) {
      expect(() => reads(flag, text), text).toThrow(`expected --x to be a number from 0 to 1, got "${text}"`);
    }
  });
});

describe('choiceFlag()', () => {
  it('reads one of its words', () => {
    const flag = choiceFlag('', ['text', 'json'], 'text');

    expect(reads(flag, 'json')).toBe('json');
    expect(() => reads(flag, 'JSON')).toThrow('expected --x to be one of text, json, got "JSON"');
  });
});

describe('the other flags', () => {
  it('read any text, or nothing', () => {
    expect([reads(textFlag('FILE', ''), 'a b'), reads(switchFlag(''), '')]).toEqual(['a b', true]);
  });

  it('show their defaults', () => {
    const flags = [
      timeFlag('', '1s'),
      limitFlag('', 'none'),
      integerFlag('', [0, 1], '1'),
      numberFlag('', [0, 1], '0.5'),
    ];

    expect(flags.map(({ byDefault }) => byDefault)).toEqual(['1s', 'none', '1', '0.5']);
  });
});
