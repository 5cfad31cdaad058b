import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BACKOFF_FORM } from '../../docs/site/playground/backoff-form.ts';
import { initialOf, type Field, type Fields, type Values } from '../../docs/site/playground/field.ts';
import { FLEET_FORM } from '../../docs/site/playground/fleet-form.ts';
import { linkTo, readLink } from '../../docs/site/playground/permalink.ts';

const FORMS = { backoff: BACKOFF_FORM, fleet: FLEET_FORM };

/** Anything that a form can hold. */
function valuesOf(fields: Fields): fc.Arbitrary<Values> {
  return fc.record(Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, valueOf(field)])));
}

function valueOf(field: Field): fc.Arbitrary<string | number> {
  if (field.kind === 'number' && field.whole) return fc.integer({ min: field.min, max: field.max });
  if (field.kind === 'number')
    return fc.double({ min: field.min, max: field.max, noNaN: true }).map((each) => each + 0);
  if (field.kind === 'choice') return fc.constantFrom(...field.choices.map(([value]) => value));
  if (field.kind === 'set') {
    const names = field.choices.map(([value]) => value);
    return fc.subarray(names, { minLength: 1, maxLength: field.atMost }).map((each) => each.join(','));
  }
  if (field.kind === 'duration') return fc.nat(99_999).map((each) => `${each / 10}s`);
  return fc.constant(field.initial);
}

describe('linkTo() and readLink()', () => {
  it('say nothing of what is as in the beginning', () => {
    expect(linkTo('fleet', FLEET_FORM, initialOf(FLEET_FORM))).toBe('#v1/fleet');
  });

  it.each(['backoff', 'fleet'] as const)('bring back all values of %s', (view) => {
    fc.assert(
      fc.property(valuesOf(FORMS[view]), (values) => {
        expect(readLink(linkTo(view, FORMS[view], values), FORMS)).toEqual({ view, values });
      }),
    );
  });
});

describe('readLink()', () => {
  it.each(['', '#'])('reads nothing in %j', (hash) => {
    expect(readLink(hash, FORMS)).toBeUndefined();
  });

  it.each([
    ['#v2/backoff', 'it does not begin with #v1/ and a view'],
    ['#content', 'it does not begin with #v1/ and a view'],
    ['#v1/nowhere', 'the views are backoff and fleet'],
    ['#v1/__proto__?a=1', 'the views are backoff and fleet'],
    ['#v1/constructor', 'the views are backoff and fleet'],
    ['#v1/backoff?__proto__=1', 'nothing is called __proto__'],
    ['#v1/backoff?toString=1', 'nothing is called toString'],
    ['#v1/backoff?retries=1e9', 'retries has to be a whole number from 1 to 60'],
    ['#v1/backoff?retries=', 'retries has to be a whole number from 1 to 60'],
    ['#v1/backoff?factor=Infinity', 'factor has to be a number from 1 to 1000'],
    ['#v1/backoff?base=<script>', 'base has to be a duration such as 100ms, 1.5s or 2m'],
    ['#v1/backoff?base=', 'base has to be a duration such as 100ms, 1.5s or 2m'],
    ['#v1/backoff?jitter=some', /^jitter has to be one of none, full-jitter/],
    ['#v1/backoff?delays=1s,,x', /^delays has to be durations/],
    ['#v1/fleet?policies=root', /^policies may hold none, exact/],
    ['#v1/fleet?policies=', 'policies has to be one to 4 of them'],
    ['#v1/fleet?policies=none,exact,jitter,budget,breaker', 'policies has to be one to 4 of them'],
    ['#v1/fleet?own={"kind":"retry","on":{"retry":1}}', /^own cannot be read: .*policy\.on\.retry/],
    ['#v1/fleet?own=alert(1)', /^own cannot be read/],
    [`#v1/fleet?own=${'['.repeat(3_900)}`, /^own cannot be read/],
    [`#v1/fleet?own=${'x'.repeat(9_000)}`, 'it is longer than 8000 characters'],
  ])('refuses %j', (hash, wrong) => {
    expect(readLink(hash, FORMS)).toEqual({ wrong: wrong instanceof RegExp ? expect.stringMatching(wrong) : wrong });
  });

  it('never throws, and gives no value that a form would not take', () => {
    const hash = fc.oneof(
      fc.string({ unit: 'binary' }).map((text) => `#${text}`),
      fc
        .tuple(fc.constantFrom(...Object.keys(FLEET_FORM)), fc.string())
        .map(([name, text]) => `#v1/fleet?${name}=${text}`),
    );
    fc.assert(
      fc.property(hash, (each) => {
        const link = readLink(each, FORMS);
        if (link && 'values' in link) {
          const again = linkTo(link.view, FORMS[link.view], link.values);
          expect(readLink(again, FORMS)).toEqual(link);
        }
      }),
    );
  });
});
