import { describe, expect, it } from 'vitest';
import { progressLine } from '../../src/cli/progress-line.ts';
import { capturedIo } from '../captured-io.ts';

describe('progressLine()', () => {
  it('shows nothing in the first half second', () => {
    const io = capturedIo({ terminal: { stderr: true } });
    const progress = progressLine(io);

    io.clock.jump(499);
    progress.show(0.5, 'x');
    progress.end();

    expect(io.err()).toBe('');
  });

  it('then draws a bar, and takes it away', () => {
    const io = capturedIo({ terminal: { stderr: true } });
    const progress = progressLine(io);

    io.clock.jump(500);
    progress.show(0.254, 'standard, seed 3');
    progress.end();

    expect(io.err()).toBe('\r██████░░░░░░░░░░░░░░░░░░ 25 %  standard, seed 3\u001b[K\r\u001b[K');
  });

  it('keeps within the terminal', () => {
    const io = capturedIo({ terminal: { stderr: true }, columns: 30 });
    const progress = progressLine(io);

    io.clock.jump(500);
    progress.show(1, 'a long name');

    expect(io.err()).toBe('\r████████████████████████ 100 \u001b[K');
  });

  it('shows nothing where there is no terminal', () => {
    const io = capturedIo();
    const progress = progressLine(io);

    io.clock.jump(60_000);
    progress.show(0.5, 'x');
    progress.end();

    expect(io.err()).toBe('');
  });
});
