import { describe, expect, it } from 'vitest';
import { deposit, refund, tokenBucket, tokens, withdraw } from '../../src/state/token-bucket.ts';

describe('tokenBucket()', () => {
  it('is full at the start, and plain data', () => {
    expect(tokenBucket(1.5, 0.1)).toEqual({ units: 1.5e9, capacity: 1.5e9, deposit: 1e8 });
  });

  it('gives whole tokens only', () => {
    const bucket = tokenBucket(1.5, 0.1);

    expect([withdraw(bucket), withdraw(bucket), tokens(bucket)]).toEqual([true, false, 0.5]);
  });

  it('adds ten deposits of 0.1 up to exactly one token', () => {
    const bucket = tokenBucket(1, 0.1);
    withdraw(bucket);

    for (let call = 0; call < 9; call++) deposit(bucket);
    const tooSoon = withdraw(bucket);
    deposit(bucket);

    expect([tooSoon, tokens(bucket), withdraw(bucket)]).toEqual([false, 1, true]);
  });

  it('never runs over, by deposits or by refunds', () => {
    const bucket = tokenBucket(2, 1);

    deposit(bucket);
    const afterDeposit = tokens(bucket);
    refund(bucket);

    expect([afterDeposit, tokens(bucket)]).toEqual([2, 2]);
  });

  it('that holds nothing gives nothing', () => {
    const bucket = tokenBucket(0, 1);

    deposit(bucket);
    refund(bucket);

    expect([withdraw(bucket), tokens(bucket)]).toEqual([false, 0]);
  });
});
