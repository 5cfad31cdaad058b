import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { scenarioSchema } from 'holdfast/simulator';

describe('scenarioSchema()', () => {
  it('is what the package publishes as a file', () => {
    const file = fileURLToPath(new URL('../../src/simulator/scenario.schema.json', import.meta.url));

    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(scenarioSchema());
  });

  it('says what a policy, a duration and a kind may be', () => {
    const { properties, required } = scenarioSchema() as { properties: { [name: string]: unknown }; required: unknown };

    expect(required).toEqual(['version', 'duration', 'clients', 'services']);
    expect(properties['policies']).toMatchObject({
      additionalProperties: { $ref: '#/$defs/policy' },
      minProperties: 1,
    });
    expect(JSON.stringify(properties['triggers'])).toContain('"const":"partition"');
  });
});
