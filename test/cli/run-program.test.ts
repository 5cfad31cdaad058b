import { describe, expect, it } from 'vitest';
import { exponential } from 'holdfast';
import { runProgram, type RunProgram } from '../../src/cli/run-program.ts';
import { capturedIo, type CapturedIo, type CapturedIoOptions } from '../captured-io.ts';

interface Started {
  readonly io: CapturedIo;
  readonly told: string[];
  readonly code: Promise<number>;
}

/** Begins to run a program that fails with 1 each time, unless the test says otherwise. */
function start(plan: Partial<RunProgram>, options: CapturedIoOptions = {}): Started {
  const io = capturedIo({ onSpawn: (child) => child.end({ code: 1 }), ...options });
  const told: string[] = [];
  const code = runProgram(io, {
    program: 'tool',
    args: ['a b', '$HOME'],
    attempts: 3,
    baseDelay: 1_000,
    backoff: exponential(),
    random: () => 0.5,
    limit: Infinity,
    attemptLimit: Infinity,
    grace: 5_000,
    retryOn: [],
    tell: (line) => void told.push(line),
    ...plan,
  });
  return { io, told, code };
}

const hang = (): void => {};

describe('runProgram()', () => {
  describe('given a program that succeeds', () => {
    it('runs it once, with its arguments as they are, and says nothing', async () => {
      const { io, told, code } = start({}, { onSpawn: (child) => child.end({ code: 0 }) });

      expect([await code, told]).toEqual([0, []]);
      expect(io.children.map(({ argv, env, write }) => ({ argv, env, write }))).toEqual([
        { argv: ['tool', 'a b', '$HOME'], env: { HOLDFAST_ATTEMPT: '1' }, write: undefined },
      ]);
    });
  });

  describe('given a program that fails', () => {
    it.each([
      [0, '0 s', '0 s'],
      [0.4, '0.0004 s', '0.0008 s'],
      [0.0123456, '0.0000123 s', '0.0000247 s'],
      [1.4, '0.001 s', '0.003 s'],
    ])('tells of delays from %d ms with as many digits as they need', async (baseDelay, first, second) => {
      const { io, told, code } = start({ baseDelay });

      await io.clock.runAll();
      await code;

      expect(told.slice(0, 2)).toEqual([
        `attempt 1 of 3: exit code 1; next in ${first}`,
        `attempt 2 of 3: exit code 1; next in ${second}`,
      ]);
    });

    it('waits in between, and ends with the last exit code', async () => {
      const { io, told, code } = start({}, { onSpawn: (child, attempt) => child.end({ code: attempt }) });

      await io.clock.runAll();

      expect([await code, io.clock.now(), io.children.map(({ env }) => env['HOLDFAST_ATTEMPT'])]).toEqual([
        3,
        3_000,
        ['1', '2', '3'],
      ]);
      expect(told).toEqual([
        'attempt 1 of 3: exit code 1; next in 1 s',
        'attempt 2 of 3: exit code 2; next in 2 s',
        'attempt 3 of 3: exit code 3; gave up',
      ]);
    });

    it('ends with 0 once it succeeds', async () => {
      const { io, told, code } = start({}, { onSpawn: (child, attempt) => child.end({ code: attempt < 2 ? 1 : 0 }) });

      await io.clock.runAll();

      expect([await code, told.at(-1)]).toEqual([0, 'attempt 2 of 3: succeeded']);
    });

    it('leaves no timer and no handler behind', async () => {
      const { io, code } = start({ limit: 60_000, attemptLimit: 60_000 });

      await io.clock.advance(3_000);

      expect([await code, io.clock.pending, io.signal({ signal: 'SIGINT', number: 2 })]).toEqual([1, 0, false]);
    });
  });

  describe('given a program that is ended by a signal of its own', () => {
    it('tries again, and says 128 + n', async () => {
      const { io, told, code } = start(
        { attempts: 2 },
        { onSpawn: (child) => child.end({ signal: 'SIGKILL', number: 9 }) },
      );

      await io.clock.runAll();

      expect([await code, told.at(-1)]).toEqual([137, 'attempt 2 of 2: ended by SIGKILL; gave up']);
    });
  });

  describe('given a program that cannot be run', () => {
    it.each([
      ['ENOENT', 127, 'command not found'],
      ['EACCES', 126, 'cannot be run (EACCES)'],
    ])('does not try again: %s', async (failure, exit, says) => {
      const { io, told, code } = start(
        { retryOn: [{ codes: [126, 127], patterns: [] }] },
        { onSpawn: (child) => child.end({ failure }) },
      );

      expect([await code, told, io.children.length]).toEqual([exit, [`attempt 1 of 3: ${says}; not retried`], 1]);
    });
  });

  describe('given exit codes and patterns to retry on', () => {
    const retryOn = [{ codes: [75], patterns: ['busy'] }];

    it('tries again for those alone', async () => {
      const { told, code } = start({ retryOn });

      expect([await code, told]).toEqual([1, ['attempt 1 of 3: exit code 1; not retried']]);
    });

    it('looks at the output of each attempt anew', async () => {
      const { io, told, code } = start(
        { retryOn },
        {
          onSpawn(child, attempt) {
            if (attempt === 1) child.write!('server busy\n');
            child.end({ code: 1 });
          },
        },
      );

      await io.clock.runAll();

      expect([await code, told]).toEqual([
        1,
        ['attempt 1 of 3: exit code 1; next in 1 s', 'attempt 2 of 3: exit code 1; not retried'],
      ]);
    });
  });

  describe('given an attempt that takes too long', () => {
    it('ends the program, by force after the grace, and only then tries again', async () => {
      const { io, told, code } = start({ attempts: 2, attemptLimit: 2_000 }, { onSpawn: hang });

      await io.clock.advance(2_000);
      const asked = [...io.children[0]!.signals];
      await io.clock.advance(5_000);
      const forced = [...io.children[0]!.signals];
      io.children[0]!.end({ signal: 'SIGKILL', number: 9 });
      await io.clock.advance(1_000);
      io.children[1]!.end({ code: 0 });

      expect([asked, forced, await code]).toEqual([['SIGTERM'], ['SIGTERM', 'SIGKILL'], 0]);
      expect(told).toEqual(['attempt 1 of 2: took longer than 2 s; next in 1 s', 'attempt 2 of 2: succeeded']);
    });

    it('does not use force on a program that ends when asked', async () => {
      const { io, code } = start({ attempts: 1, attemptLimit: 2_000 }, { onSpawn: hang });

      await io.clock.advance(2_000);
      io.children[0]!.end({ code: 0 });
      await io.clock.advance(60_000);

      expect([await code, io.children[0]!.signals]).toEqual([124, ['SIGTERM']]);
    });
  });

  describe('given a limit for it all', () => {
    it('ends the program, and says 124', async () => {
      const { io, told, code } = start({ limit: 1_500 }, { onSpawn: hang });

      await io.clock.advance(1_500);
      io.children[0]!.end({ signal: 'SIGTERM', number: 15 });

      expect([await code, io.children[0]!.signals, told]).toEqual([
        124,
        ['SIGTERM'],
        ['gave up: took longer than 1.5 s in all'],
      ]);
    });

    it('begins no wait that would use up the rest, and says 124', async () => {
      const { io, told, code } = start({ limit: 1_500 });

      await io.clock.advance(1_000);

      expect([await code, told]).toEqual([
        124,
        ['attempt 1 of 3: exit code 1; next in 1 s', 'attempt 2 of 3: exit code 1; gave up: no time left for another'],
      ]);
    });

    it('says 124 where there is no time for even one wait', async () => {
      const { io, code } = start({ limit: 200, baseDelay: 5_000 });

      expect([await code, io.clock.now(), io.clock.pending]).toEqual([124, 0, 0]);
    });

    it('ends with the exit code of the last attempt where time is left, but no attempt', async () => {
      const { io, code } = start({ limit: 60_000 });

      await io.clock.runAll();

      expect(await code).toBe(1);
    });
  });

  describe('given a signal', () => {
    const term = { signal: 'SIGTERM', number: 15 };
    const int = { signal: 'SIGINT', number: 2 };

    it('ends a wait at once', async () => {
      const { io, told, code } = start({});

      await io.clock.advance(10);
      io.signal(term);

      expect([await code, io.clock.now(), io.clock.pending, told.at(-1)]).toEqual([143, 10, 0, 'gave up: SIGTERM']);
    });

    it('passes it on, waits for the program, and ends with its exit code', async () => {
      const { io, code } = start({ attemptLimit: 60_000 }, { onSpawn: hang });

      io.signal(int);
      io.signal(term);
      io.children[0]!.end({ code: 3 });

      expect([await code, io.children[0]!.signals, io.children.length]).toEqual([3, ['SIGINT', 'SIGTERM'], 1]);
    });

    it('gives the program that goes on no more time than it had, for all of it or for an attempt', async () => {
      for (const limits of [{ limit: 1_500 }, { attemptLimit: 1_500 }]) {
        const { io, code } = start({ ...limits, grace: 300 }, { onSpawn: hang });
        const [child] = io.children;

        await io.clock.advance(900);
        io.signal(term);
        await io.clock.advance(599);
        const before = [...child!.signals];
        await io.clock.advance(1 + 300);
        child!.end({ signal: 'SIGKILL', number: 9 });

        expect([before, child!.signals]).toEqual([['SIGTERM'], ['SIGTERM', 'SIGTERM', 'SIGKILL']]);
        expect([await code, io.clock.pending]).toEqual([137, 0]);
      }
    });

    it('says 128 + n where the program dies of it', async () => {
      const { io, code } = start({}, { onSpawn: hang });

      io.signal(int);
      io.children[0]!.end(int);

      expect(await code).toBe(130);
    });

    it.each(['stdin', 'stdout', 'stderr'])('leaves the keys of a terminal to the terminal: %s', async (which) => {
      const { io, code } = start({}, { onSpawn: hang, terminal: { [which]: true } });

      io.signal(int);
      io.signal(term);
      io.children[0]!.end(int);

      expect([await code, io.children[0]!.signals]).toEqual([130, ['SIGTERM']]);
    });
  });

  describe('given a mistake of its own', () => {
    it('does not hide it', async () => {
      const mistake = new Error('a bug');
      const { code } = start(
        {},
        {
          onSpawn() {
            throw mistake;
          },
        },
      );

      await expect(code).rejects.toBe(mistake);
    });
  });
});
