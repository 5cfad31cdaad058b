import { describe, expect, it } from 'vitest';
import { notExpressed } from '../../src/queues/not-expressed.ts';

const curve = { maxAttempts: 4, low: [100, 200, 400], high: [100, 200, 400], share: 1, even: true, whole: true };
const kept = { wanted: [100, 200, 400], waited: [100, 200, 400], share: 1, most: Infinity };

describe('notExpressed()', () => {
  it('says nothing where nothing differs, and nothing of the last digit', () => {
    const notes = notExpressed(curve, { ...kept, waited: [100, 200.00000000000003, 400] });

    expect(notes).toEqual([]);
  });

  it.each([
    [0, true, 1, 'jitter: 0 to 100 % of the longest delay becomes none'],
    [1, true, 0.5, 'jitter: none becomes 50 to 100 % of the longest delay'],
    [0, true, 0.5, 'jitter: 0 to 100 % of the longest delay becomes 50 to 100 % of the longest delay'],
    [0.5, false, 0.5, 'jitter: 50 to 100 % of the longest delay, unevenly, becomes 50 to 100 % of the longest delay'],
  ])('says what becomes of a share of %s (even: %s) where it is %s', (share, even, of, note) => {
    const notes = notExpressed({ ...curve, share, even }, { ...kept, share: of });

    expect(notes).toEqual([note]);
  });

  it('says how many delays differ, the first, and the one that differs most', () => {
    const notes = notExpressed(curve, { ...kept, waited: [100, 250.123456789, 300] });

    expect(notes).toEqual(['curve: 2 of 3 delays differ, from retry 2 on, most retry 3: 400 ms becomes 300 ms']);
  });

  it('shows six digits', () => {
    const notes = notExpressed(curve, { ...kept, waited: [100, 250.123456789, 400] });

    expect(notes).toEqual(['curve: 1 of 3 delays differ, from retry 2 on, most retry 2: 200 ms becomes 250.123 ms']);
  });

  it('says that later delays were not looked at', () => {
    const notes = notExpressed({ ...curve, whole: false }, kept);

    expect(notes).toEqual(['cap: what changes after retry 3 becomes constant']);
  });

  it('says how many attempts are too many', () => {
    const notes = [3, 2].map((most) => notExpressed(curve, { ...kept, most }));

    expect(notes).toEqual([[], ['attempts: 4 becomes 3']]);
  });

  it('says everything at once', () => {
    const all = { ...curve, maxAttempts: Infinity, share: 0, whole: false };

    const notes = notExpressed(all, { wanted: [1, 2], waited: [1, 3], share: 1, most: 9 });

    expect(notes).toEqual([
      'jitter: 0 to 100 % of the longest delay becomes none',
      'curve: 1 of 2 delays differ, from retry 2 on, most retry 2: 2 ms becomes 3 ms',
      'cap: what changes after retry 2 becomes constant',
      'attempts: Infinity becomes 10',
    ]);
  });

  it('says nothing where there is no retry', () => {
    const notes = notExpressed({ ...curve, low: [], high: [] }, { ...kept, wanted: [], waited: [] });

    expect(notes).toEqual([]);
  });
});
