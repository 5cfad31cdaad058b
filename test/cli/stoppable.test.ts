import { describe, expect, it } from 'vitest';
import { stoppable, type Stoppable } from '../../src/cli/stoppable.ts';
import { capturedIo, type CapturedChild } from '../captured-io.ts';

const GRACE = 5_000;
const io = capturedIo();
const { clock } = io;

/** A program that has started another one, which goes on; and how often it was seen to be gone. */
function start(): { readonly child: CapturedChild; readonly program: Stoppable; readonly seen: unknown[] } {
  io.spawn('tool', [], { env: {} });
  const child = io.children.at(-1)!;
  child.leave(true);
  const program = stoppable(child, clock, GRACE);
  const seen: unknown[] = [];
  void program.gone.then((end) => seen.push(end));
  return { child, program, seen };
}

describe('stoppable()', () => {
  describe('given a program that nobody stops', () => {
    it('is gone as soon as it has ended, whatever it leaves behind', async () => {
      const { child, program } = start();

      child.end({ code: 3 });

      expect([await program.gone, child.signals, child.isRead(), clock.pending]).toEqual([{ code: 3 }, [], true, 0]);
    });
  });

  describe('given a program that is stopped', () => {
    it('is gone once all that it has started is gone', async () => {
      const { child, program, seen } = start();

      program.stop();
      child.end({ code: 3 });
      await clock.advance(GRACE - 100);
      const before = [...seen];
      child.leave(false);
      await clock.advance(1_000);

      expect([before, seen, child.signals, clock.pending]).toEqual([[], [{ code: 3 }], ['SIGTERM'], 0]);
      expect(child.isRead()).toBe(false);
    });

    it('uses force on what is left after the grace', async () => {
      const { child, program, seen } = start();

      program.stop();
      await clock.advance(GRACE - 100);
      child.end({ code: 3 });
      await clock.advance(100);
      const before = [...seen];
      child.leave(false);
      await clock.advance(100);

      expect([before, seen, child.signals, clock.pending]).toEqual([[], [{ code: 3 }], ['SIGTERM', 'SIGKILL'], 0]);
    });

    it('uses force on the program, too', async () => {
      const { child, program, seen } = start();
      child.leave(false);

      program.stop();
      await clock.advance(GRACE);
      const before = [...seen];
      child.end({ signal: 'SIGKILL', number: 9 });

      expect([before, await program.gone]).toEqual([[], { signal: 'SIGKILL', number: 9 }]);
      expect([child.signals, clock.pending]).toEqual([['SIGTERM', 'SIGKILL'], 0]);
    });

    it('does not wait for ever for what even force does not end', async () => {
      const { child, program, seen } = start();

      program.stop();
      child.end({ code: 3 });
      await clock.advance(GRACE + 2_000);

      expect([seen, child.signals, clock.pending]).toEqual([[{ code: 3 }], ['SIGTERM', 'SIGKILL'], 0]);
    });
  });

  describe('given a signal that is passed on', () => {
    it('leaves the program the time it wants, and what it has started the grace after that', async () => {
      const { child, program, seen } = start();

      program.pass('SIGINT');
      await clock.advance(60_000);
      child.end({ code: 3 });
      await clock.advance(GRACE - 1);
      const before = [...child.signals];
      await clock.advance(1);
      child.leave(false);
      await clock.advance(100);

      expect([before, child.signals]).toEqual([['SIGINT'], ['SIGINT', 'SIGKILL']]);
      expect([seen, clock.pending]).toEqual([[{ code: 3 }], 0]);
    });

    it('has one grace where time runs out as well', async () => {
      const { child, program } = start();

      program.pass('SIGINT');
      child.end({ code: 3 });
      await clock.advance(GRACE - 1_000);
      program.stop();
      await clock.advance(1_000);
      child.leave(false);
      await clock.advance(100);

      expect([child.signals, clock.pending]).toEqual([['SIGINT', 'SIGTERM', 'SIGKILL'], 0]);
    });
  });
});
