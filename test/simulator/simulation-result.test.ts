import { describe, expect, it } from 'vitest';
import { simulate } from 'holdfast/simulator';

describe('SimulationResult', () => {
  it('is JSON: it comes back as it was', async () => {
    const result = await simulate({
      duration: 4_000,
      clients: [{ count: 1, arrivals: { kind: 'constant', rate: 2 }, calls: 'api' }],
      services: { api: { workers: 1, serviceTime: { kind: 'constant', mean: 10 } } },
    });

    expect(JSON.parse(JSON.stringify({ ...result, recovery: 0 }))).toEqual({ ...result, recovery: 0 });
  });
});
