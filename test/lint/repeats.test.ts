import { describe, expect, it } from 'vitest';
import { hedge, pipeline, retry, timeout, type Policy } from 'holdfast';
import { repeats } from '../../src/lint/repeats.ts';
import { found } from '../lint-law.ts';

const both = pipeline(retry(), hedge({ delay: 1, maxHedges: 2 }));
const severities = (policy: Policy, idempotent?: boolean): string[] =>
  found(repeats, policy, { idempotent }).map(({ severity }) => severity);

describe('repeats', () => {
  it('warns of a hedge where nobody has said that a call may be made twice, and of more where it may not', () => {
    expect([severities(both), severities(both, false), severities(both, true)]).toEqual([
      ['warning'],
      ['warning', 'error'],
      [],
    ]);
  });

  it('says how many calls it can be', () => {
    expect(found(repeats, both, { idempotent: false }).map(({ message, numbers }) => [message, numbers])).toEqual([
      ['A retry makes the call again, although the attempt before may have done its work.', { calls: 3 }],
      ['A hedge makes the call a second time while the first one may still succeed.', { calls: 3 }],
    ]);
  });

  it('has nothing against what makes one call', () => {
    expect(severities(pipeline(timeout(1), retry({ maxAttempts: 1 })), false)).toEqual([]);
  });
});
