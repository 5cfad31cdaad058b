import { describe, expect, it } from 'vitest';
import { leaves } from '../../src/json/leaves.ts';
import { readDocument } from '../../src/json/read-document.ts';
import type { Shape } from '../../src/json/read-shape.ts';
import { wrongArgument } from '../wrong-argument.ts';

const clock = { now: () => 0, setTimer: () => () => {} };
const random = (): number => 0.5;
const sleep = async (): Promise<void> => {};
const shape: Shape = { fields: { size: leaves.count }, make: (fields: object, { tools }) => ({ ...fields, ...tools }) };

describe('readDocument()', () => {
  it('hands what is brought along to those who make something', () => {
    const functions = { isBusy: () => true };

    const made = readDocument('read it', shape, { size: 2 }, { clock, random, sleep, functions });

    expect(made).toEqual({ size: 2, clock, random, sleep, functions, budgets: new Map() });
  });

  it('needs nothing to be brought along', () => {
    expect(readDocument('read it', shape, {}, undefined)).toEqual({ functions: {}, budgets: new Map() });
  });

  it('begins its paths with what the value is called, if it is not a whole document', () => {
    const read = (path?: string) => () => readDocument('read it', shape, { size: 0 }, {}, path);

    expect(read()).toThrow(wrongArgument(RangeError, 'Cannot read it: expected size to be an integer ≥ 1, got 0'));
    expect(read('a.b')).toThrow('Cannot read it: expected a.b.size to be an integer ≥ 1, got 0');
  });

  it.each([
    [{ clock: 5 }, 'expected clock to be a Clock, got 5'],
    [{ random: 5 }, 'expected random to be a function, got 5'],
    [{ sleep: 5 }, 'expected sleep to be a function, got 5'],
    [{ functions: [] }, 'expected functions to be an object, got a value of type object'],
    [{ clocks: clock }, 'expected a known option (did you mean clock?), got "clocks"'],
  ])('refuses the options %j', (options, message) => {
    expect(() => readDocument('read it', shape, {}, options as never)).toThrow(
      wrongArgument(TypeError, `Cannot read it: ${message}`),
    );
  });
});
