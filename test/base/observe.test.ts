// oxlint-disable unicorn/no-thenable -- hostile values are what these tests are about
import { afterEach, beforeEach, describe, expect, it, vi, type MockInstance } from 'vitest';
import { CircuitBreaker, consecutiveFailures, onObserverError, retry, timeout, type Policy } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { notify, reportOutOfBand } from '../../src/base/observe.ts';

let warn: MockInstance<typeof console.warn>;

beforeEach(() => {
  warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
});
afterEach(() => {
  onObserverError(undefined);
  warn.mockRestore();
});

const warning = (event: string): string =>
  expect.stringMatching(new RegExp(`^holdfast: "${event}" failed.*once per policy`)) as string;

describe('notify()', () => {
  describe('given no observers, or none of the event', () => {
    it('does nothing', () => {
      const other = vi.fn();

      notify<{ retry?: () => void }, 'retry'>(undefined, 'retry', undefined as never);
      notify<{ retry?: () => void; other: () => void }, 'retry'>({ other }, 'retry', undefined as never);

      expect(other).not.toHaveBeenCalled();
      expect(warn).not.toHaveBeenCalled();
    });
  });

  describe('given an observer', () => {
    it('tells it the event, and takes nothing back', () => {
      const event = { attempt: 1 };
      const retry = vi.fn<(event: { attempt: number }) => string>(() => 'ignored');

      const result: unknown = notify({ retry }, 'retry', event);

      expect(retry.mock.calls).toEqual([[event]]);
      expect(retry.mock.calls[0]![0]).toBe(event);
      expect(result).toBeUndefined();
    });

    it.each([0, '', 'text', null, undefined, {}, () => {}, Promise.resolve(1)])(
      'takes %s from it in silence',
      async (value) => {
        notify({ retry: () => value }, 'retry', undefined as never);
        await Promise.resolve();

        expect(warn).not.toHaveBeenCalled();
      },
    );
  });

  describe('given an observer that fails', () => {
    const error = new Error('observer');
    const failing: readonly (readonly [how: string, observer: () => unknown])[] = [
      [
        'throws',
        () => {
          throw error;
        },
      ],
      ['rejects', () => Promise.reject(error)],
      [
        'gives a thenable that rejects',
        () => ({ then: (_: unknown, reject: (error: Error) => void) => reject(error) }),
      ],
      [
        'gives a thenable that throws',
        () => ({
          then: () => {
            throw error;
          },
        }),
      ],
      [
        'gives an object with a throwing then',
        () =>
          Object.defineProperty({}, 'then', {
            get: () => {
              throw error;
            },
          }),
      ],
      [
        'gives a promise with a throwing then of its own',
        () =>
          Object.assign(Promise.resolve(), {
            then: () => {
              throw error;
            },
          }),
      ],
    ];

    it.each(failing)('shows its error on the console, where it %s', async (_, retry) => {
      notify({ retry }, 'retry', undefined as never);
      await settled();

      expect(warn.mock.calls).toEqual([[warning('retry'), error]]);
    });

    it('shows the first error of a policy only, whichever event it was', async () => {
      const on = { retry: failing[0]![1], giveUp: failing[1]![1] };

      notify(on, 'giveUp', undefined as never);
      notify(on, 'retry', undefined as never);
      notify(on, 'giveUp', undefined as never);
      await settled();

      expect(warn.mock.calls).toEqual([[warning('retry'), error]]);
    });

    it('shows one of every policy', () => {
      notify({ retry: failing[0]![1] }, 'retry', undefined as never);
      notify({ retry: failing[0]![1] }, 'retry', undefined as never);

      expect(warn.mock.calls).toEqual([
        [warning('retry'), error],
        [warning('retry'), error],
      ]);
    });
  });
});

describe('onObserverError()', () => {
  describe('given a reporter', () => {
    it('tells it every error and its event, instead of the console', async () => {
      const reporter = vi.fn();
      const on = {
        retry: () => {
          throw new Error('first');
        },
        giveUp: () => Promise.reject(new Error('second')),
      };
      onObserverError(reporter);

      notify(on, 'retry', undefined as never);
      notify(on, 'retry', undefined as never);
      notify(on, 'giveUp', undefined as never);
      await settled();

      expect(reporter.mock.calls).toEqual([
        [new Error('first'), 'retry'],
        [new Error('first'), 'retry'],
        [new Error('second'), 'giveUp'],
      ]);
      expect(warn).not.toHaveBeenCalled();
    });

    it('brings the console back when it is taken away', () => {
      onObserverError(() => {});
      onObserverError(undefined);

      notify(
        {
          retry: () => {
            throw new Error('shown');
          },
        },
        'retry',
        undefined as never,
      );

      expect(warn.mock.calls).toEqual([[warning('retry'), new Error('shown')]]);
    });
  });

  describe('given a reporter that throws', () => {
    it('lets nothing of that out', () => {
      onObserverError(() => {
        throw new Error('reporter');
      });

      const report = (): void => reportOutOfBand({}, new Error('observer'), 'retry');

      expect(report).not.toThrow();
      expect(warn).not.toHaveBeenCalled();
    });
  });

  describe('given a reporter that rejects', () => {
    it('lets nothing of that out', async () => {
      const listeners = process.listeners('unhandledRejection');
      const unhandled = vi.fn();
      process.removeAllListeners('unhandledRejection').on('unhandledRejection', unhandled);
      onObserverError((async () => {
        throw new Error('reporter');
      }) as () => void);

      reportOutOfBand({}, new Error('observer'), 'retry');
      await settled();
      process.removeAllListeners('unhandledRejection');
      for (const listener of listeners) process.on('unhandledRejection', listener);

      expect(unhandled).not.toHaveBeenCalled();
    });
  });

  describe('given a console that throws', () => {
    it('lets nothing of that out', () => {
      warn.mockImplementation(() => {
        throw new Error('console');
      });

      const report = (): void => reportOutOfBand({}, new Error('observer'), 'retry');

      expect(report).not.toThrow();
    });
  });
});

describe('a policy whose observers fail', () => {
  const clock = new VirtualClock();
  const observe = (): never => {
    throw new Error('observer');
  };
  const policies: readonly (readonly [name: string, event: string, policy: Policy])[] = [
    ['retry()', 'retry', retry({ clock, on: { retry: observe, giveUp: observe } })],
    ['timeout()', 'timeout', timeout(10, { clock, on: { timeout: observe } })],
    [
      'CircuitBreaker',
      'stateChange',
      new CircuitBreaker({ clock, trip: consecutiveFailures(1), on: { stateChange: observe } }),
    ],
  ];

  it.each(policies)('comes out as if they did not: %s', async (_, event, policy) => {
    const error = new Error('down');
    const fail = (): Promise<never> => new Promise((_, reject) => clock.setTimer(50, () => reject(error)));

    const outcome = policy.execute(fail).catch((error: unknown) => error);
    await clock.runAll();

    expect(await outcome).toSatisfy((value) => value === error || (value as Error).name === 'TimeoutError');
    expect(warn.mock.calls).toEqual([[warning(event), new Error('observer')]]);
  });
});

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
