import { describe, expect, it } from 'vitest';
import { main } from '../../docs/examples/semaphore-client.mjs';

describe('the semaphore-limited client', () => {
  it('has three requests under way at most, lets five wait, and refuses the rest', async () => {
    const printed: string[] = [];

    const outcome = await main((line) => printed.push(line));

    expect(outcome).toEqual({
      answers: Array.from({ length: 8 }, (_, index) => `You asked: question ${index + 1}`),
      refused: 2,
      most: 3,
    });
    expect(printed).toEqual([
      'ten questions at once: 8 answers, at most 3 under way',
      '  BulkheadFullError: Refused by bulkhead chat: 3 running, 5 queued',
      '  BulkheadFullError: Refused by bulkhead chat: 3 running, 5 queued',
    ]);
  });
});
