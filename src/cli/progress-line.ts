import type { Io } from './io.ts';

/** Runs that take less than this, in ms, show nothing. */
const PATIENCE = 500;
const WIDTH = 24;

/** Shows how far something is. */
export interface ProgressLine {
  /** @param part of the whole, from 0 to 1. */
  show(part: number, label: string): void;
  /** Takes the line away. */
  end(): void;
}

/** A bar on standard error, on a terminal only, once it has taken half a second. */
export function progressLine(io: Io): ProgressLine {
  const start = io.clock.now();
  let shown = false;
  return {
    show(part, label) {
      if (!io.terminal.stderr || io.clock.now() - start < PATIENCE) return;
      shown = true;
      const full = Math.round(part * WIDTH);
      const bar = '█'.repeat(full) + '░'.repeat(WIDTH - full);
      const line = `${bar} ${Math.floor(part * 100)} %  ${label}`;
      io.complain(`\r${line.slice(0, io.columns - 1)}\u001b[K`);
    },
    end() {
      if (shown) io.complain('\r\u001b[K');
    },
  };
}
