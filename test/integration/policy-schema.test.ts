import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { policyFrom, policySchema } from 'holdfast/json';
import { describe, expect, it } from 'vitest';
import { functions, policies } from '../policy-documents.ts';

const validate = new Ajv2020({ strict: true, strictRequired: false }).compile(policySchema());

/** Why the reader refuses a document; `undefined` if it does not. */
function refusal(document: unknown): string | undefined {
  try {
    policyFrom(document, { functions });
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** What a schema cannot say: what several options mean together, which functions there are, how long a text says. */
const BEYOND = [
  /: Cannot (make|share|jitter|look up)/,
  /to be a duration (of at least 1 ms|above 0|from 0\.01 ms to 1 h): .*, got [\d.e+-]+$/,
];

const values: readonly unknown[] = [
  null,
  true,
  false,
  0,
  1,
  -1,
  0.5,
  1e9,
  '',
  'x',
  '5s',
  '5x',
  'PT2S',
  'Infinity',
  'retry',
  'linear',
  [],
  {},
  { kind: 'retry' },
  { kind: 'capped' },
  { kind: 'fibonacci', inner: 1 },
  { function: 'always' },
  { function: 5 },
  { calls: 10 },
];
const junk = fc.oneof(fc.constantFrom(...values), fc.jsonValue({ maxDepth: 2 }));

/** Every place in a value: who holds it, and under which key. */
function placesIn(value: unknown): [owner: { [key: string]: unknown }, key: string][] {
  if (typeof value !== 'object' || !value) return [];
  const owner = value as { [key: string]: unknown };
  return Object.keys(owner).flatMap((key) => [[owner, key] as [typeof owner, string], ...placesIn(owner[key])]);
}

type Change = (owner: { [key: string]: unknown }, key: string, value: unknown) => void;
const CHANGES: readonly Change[] = [
  (owner, key, value) => (owner[key] = value),
  (owner, key) => (Array.isArray(owner) ? owner.splice(Number(key), 1) : delete owner[key]),
  (owner, key, value) => (owner[Array.isArray(owner) ? owner.length : `${key}s`] = value),
  (owner, key, value) => (owner[key] = [owner[key], value]),
  (owner, key, value) => (owner[key] = { kind: owner[key], inner: value }),
];

describe('the schema of policies and their reader', () => {
  it('both take 300 documents that are right', () => {
    fc.assert(
      fc.property(policies, ({ json }) => {
        const document: unknown = JSON.parse(JSON.stringify({ version: 1, policy: json }));

        expect([validate(document), validate.errors, refusal(document)]).toEqual([true, null, undefined]);
      }),
      { numRuns: 300 },
    );
  });

  it('say the same of 2 000 documents in which something was changed, but for what a schema cannot say', () => {
    const verdicts = { both: 0, neither: 0, beyond: 0 };

    fc.assert(
      fc.property(policies, fc.nat(), fc.nat(CHANGES.length - 1), junk, ({ json }, at, change, value) => {
        const document = JSON.parse(JSON.stringify({ version: 1, policy: json })) as { [key: string]: unknown };
        const places = placesIn(document);
        CHANGES[change]!(...places[at % places.length]!, value);
        fc.pre(!JSON.stringify(document).includes('"__proto__"'));

        const valid = validate(document);
        const refused = refusal(document);

        if (valid && refused !== undefined) {
          expect(
            BEYOND.some((reason) => reason.test(refused)),
            refused,
          ).toBe(true);
          verdicts.beyond++;
        } else {
          expect(valid, `${JSON.stringify(document)}: ${refused}`).toBe(refused === undefined);
          verdicts[valid ? 'both' : 'neither']++;
        }
      }),
      { numRuns: 2_000 },
    );

    expect(verdicts.both).toBeGreaterThan(100);
    expect(verdicts.neither).toBeGreaterThan(500);
    expect(verdicts.beyond).toBeLessThan(verdicts.both);
  });
});
