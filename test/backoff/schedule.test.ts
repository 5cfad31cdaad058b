import { afterEach, describe, expect, it, vi } from 'vitest';
import { exponential, fullJitter, schedule, type BackoffStep } from 'holdfast';
import { wrongArgument } from '../wrong-argument.ts';

describe('schedule()', () => {
  afterEach(() => void vi.restoreAllMocks());

  it.each([
    [0, []],
    [1, [100]],
    [4, [100, 200, 400, 800]],
  ])('computes %d delays', (retries, delays) => {
    const planned = schedule(exponential(), { baseDelay: 100, retries });

    expect(planned).toEqual(delays);
  });

  it('asks the backoff step by step, as a call would', () => {
    const random = (): number => 0.5;
    const steps: BackoffStep[] = [];

    schedule((step) => (steps.push({ ...step }), 10 * step.attempt), { baseDelay: 7, retries: 3, random });

    expect(steps).toEqual([
      { attempt: 1, baseDelay: 7, previousDelay: 7, totalDelay: 0, random },
      { attempt: 2, baseDelay: 7, previousDelay: 10, totalDelay: 10, random },
      { attempt: 3, baseDelay: 7, previousDelay: 20, totalDelay: 30, random },
    ]);
  });

  it('draws by Math.random unless told otherwise', () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.25);

    const planned = schedule(fullJitter(exponential()), { baseDelay: 100, retries: 2 });

    expect(planned).toEqual([25, 50]);
  });

  it('keeps the sum of the delays finite', () => {
    const totals: number[] = [];

    schedule((step) => (totals.push(step.totalDelay), Number.MAX_VALUE), { baseDelay: 1, retries: 3 });

    expect(totals).toEqual([0, Number.MAX_VALUE, Number.MAX_VALUE]);
  });

  it('passes on what the backoff throws', () => {
    const error = new Error('backoff');

    const plan = (): number[] =>
      schedule(
        () => {
          throw error;
        },
        { baseDelay: 1, retries: 1 },
      );

    expect(plan).toThrow(error);
  });

  it.each([
    [undefined, { baseDelay: 1, retries: 1 }, TypeError, 'expected backoff to be a function, got undefined'],
    [{}, { baseDelay: 1, retries: 1 }, TypeError, 'expected backoff to be a function, got a value of type object'],
    [exponential(), undefined, TypeError, 'expected baseDelay to be a finite number of ms ≥ 0, got undefined'],
    [exponential(), {}, TypeError, 'expected baseDelay to be a finite number of ms ≥ 0, got undefined'],
    [exponential(), { baseDelay: 1 }, TypeError, 'expected retries to be an integer ≥ 0, got undefined'],
    [exponential(), { retries: 1 }, TypeError, 'expected baseDelay to be a finite number of ms ≥ 0, got undefined'],
    [
      exponential(),
      { baseDelay: -1, retries: 1 },
      RangeError,
      'expected baseDelay to be a finite number of ms ≥ 0, got -1',
    ],
    [
      exponential(),
      { baseDelay: Infinity, retries: 1 },
      RangeError,
      'expected baseDelay to be a finite number of ms ≥ 0, got Infinity',
    ],
    [
      exponential(),
      { baseDelay: '1', retries: 1 },
      TypeError,
      'expected baseDelay to be a finite number of ms ≥ 0, got "1"',
    ],
    [exponential(), { baseDelay: 1, retries: -1 }, RangeError, 'expected retries to be an integer ≥ 0, got -1'],
    [exponential(), { baseDelay: 1, retries: 1.5 }, RangeError, 'expected retries to be an integer ≥ 0, got 1.5'],
    [
      exponential(),
      { baseDelay: 1, retries: Infinity },
      RangeError,
      'expected retries to be an integer ≥ 0, got Infinity',
    ],
    [exponential(), { baseDelay: 1, retries: 1, random: 0.5 }, TypeError, 'expected random to be a function, got 0.5'],
    [
      exponential(),
      { baseDelay: 1, retry: 1 },
      TypeError,
      'expected a known option (baseDelay, retries, random), got "retry"',
    ],
    [exponential(), null, TypeError, 'expected options to be an object, got null'],
    [() => NaN, { baseDelay: 1, retries: 1 }, RangeError, null],
  ] as const)('refuses wrong arguments (%#)', (backoff, options, Class, message) => {
    const plan = (): number[] => schedule(backoff as never, options as never);

    expect(plan).toThrow(
      wrongArgument(
        Class,
        message
          ? `Cannot compute a schedule: ${message}`
          : 'Cannot wait: expected backoff to return a finite number of ms ≥ 0, got NaN',
      ),
    );
  });
});
