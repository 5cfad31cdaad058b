import { describe, expect, it } from 'vitest';
import * as queues from 'holdfast/queues';

describe('holdfast/queues', () => {
  it('offers these names', () => {
    const names = Object.keys(queues).toSorted();

    expect(names).toEqual([
      'delayByAttempt',
      'pgBossRetry',
      'restateRetryPolicy',
      'stepFunctionsRetry',
      'temporalRetryPolicy',
    ]);
  });
});
