import { describe, expect, it } from 'vitest';
import { nearName } from '../../src/cli/near-name.ts';

const names = ['schedule', 'run', 'simulate', 'attempts', 'attempt-timeout', 'retry-on', 'cap', 'jitter'];

describe('nearName()', () => {
  it.each([
    ['schedlue', 'schedule'],
    ['shcedule', 'schedule'],
    ['schedules', 'schedule'],
    ['rnu', 'run'],
    ['simulation', 'simulate'],
    ['max-attempts', 'attempts'],
    ['retry', 'retry-on'],
    ['attempt', 'attempts'],
    ['si', 'simulate'],
    ['jitteer', 'jitter'],
    ['sch', 'schedule'],
    ['CAP', 'cap'],
  ])('finds for %s the name that was meant', (wrong, name) => {
    expect(nearName(wrong, names)).toBe(name);
  });

  it.each(['xyz', 'zzz', '__proto__', 'help', 'rxy', '', 'Ω', 'x'.repeat(1e6)])(
    'finds nothing where nothing is near (%#)',
    (wrong) => {
      expect(nearName(wrong, names)).toBeUndefined();
    },
  );
});
