import { describe, expect, it } from 'vitest';
import { command, EXIT } from '../../src/cli/command.ts';

describe('command()', () => {
  it('gives back what it is given', () => {
    const made = { name: 'x', summary: '', operands: '', flags: {}, examples: [], run: async () => 0 };

    expect(command(made)).toBe(made);
  });

  it('has three exit codes', () => {
    expect(EXIT).toEqual({ ok: 0, failed: 1, usage: 2 });
  });
});
