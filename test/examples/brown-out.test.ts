import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { compare, scenarioFrom, simulate } from 'holdfast/simulator';

const file = fileURLToPath(new URL('../../docs/examples/brown-out.json', import.meta.url));
const scenario = scenarioFrom(JSON.parse(readFileSync(file, 'utf8')));

describe('docs/examples/brown-out.json', () => {
  it('is over for standard(), and never for naive retries', async () => {
    const { policies } = await compare(scenario.policies!, scenario, { seeds: [1] });

    const verdicts = Object.entries(policies).map(([name, { first }]) => [name, first.verdict]);
    expect(verdicts).toEqual([
      ['naive', 'metastable'],
      ['standard', 'stable'],
    ]);
  });

  it('simulates standard() by itself', async () => {
    const { verdict, goodput } = await simulate(scenario);

    expect([verdict, goodput > 0.77]).toEqual(['stable', true]);
  });
});
