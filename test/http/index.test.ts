import * as http from 'holdfast/http';
import { describe, expect, it } from 'vitest';

describe('holdfast/http', () => {
  it('offers these names', () => {
    expect(Object.keys(http).toSorted()).toEqual(['classify', 'guardFetch', 'neverSent', 'parseRetryAfter']);
  });
});
