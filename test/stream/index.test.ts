import { describe, expect, it } from 'vitest';
import * as core from 'holdfast';
import * as stream from 'holdfast/stream';
import { StreamIdleError, StreamIncompleteError, StreamInterruptedError } from '../../src/base/errors.ts';

describe('holdfast/stream', () => {
  it('offers these names', () => {
    const names = Object.keys(stream).toSorted();

    expect(names).toEqual([
      'StreamIdleError',
      'StreamIncompleteError',
      'StreamInterruptedError',
      'guardStream',
      'guarded',
      'retryStream',
    ]);
  });

  it('offers the error classes themselves, no copies of them', () => {
    expect(stream.StreamIdleError).toBe(StreamIdleError);
    expect(stream.StreamIncompleteError).toBe(StreamIncompleteError);
    expect(stream.StreamInterruptedError).toBe(StreamInterruptedError);
    expect(new stream.StreamIdleError('idle', 1, 0)).toBeInstanceOf(core.HoldfastError);
  });
});
