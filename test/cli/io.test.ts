import { describe, expect, it } from 'vitest';
import { systemIo } from '../../src/cli/system-io.ts';
import { capturedIo } from '../captured-io.ts';

describe('Io', () => {
  it('has the same parts on the machine and in the world of these tests', () => {
    const ours = ['out', 'err', 'files', 'children', 'signal'];

    const parts = Object.keys(capturedIo()).filter((name) => !ours.includes(name));

    expect(parts.sort()).toEqual(Object.keys(systemIo('1.2.3')).sort());
  });
});
