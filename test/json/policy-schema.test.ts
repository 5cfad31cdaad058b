import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { policySchema } from 'holdfast/json';

describe('policySchema()', () => {
  it('is what the package has as a file', async () => {
    const file = fileURLToPath(new URL('../../src/json/policy.schema.json', import.meta.url));

    await expect(`${JSON.stringify(policySchema(), undefined, 2)}\n`).toMatchFileSnapshot(file);
  });
});
