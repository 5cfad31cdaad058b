// What calls pay for, and how to leave it out of the built code, to see how much that is. What is left does not keep its
// promises.

/**
 * What can be left out: in words, and how in the built code.
 *
 * @type {Record<string, { readonly says: string, readonly cuts: readonly (readonly [RegExp, string])[] }>}
 */
export const parts = {
  clock: {
    says: 'the time, so that a deadline counts from the call, and a window forgets',
    cuts: [[/now: \(\) => \(isFaked\(\).*?\.now\(\)/, 'now: () => 5']],
  },
  context: {
    says: 'the async context, in which whoever is told of an expiry finds what the caller has put there',
    cuts: [[/return AsyncResource \? .*? : ANYWHERE;/, 'return ANYWHERE;']],
  },
  hold: {
    says: 'a process that stays alive just as long as somebody waits',
    cuts: [
      [/if \(resting\) restful\?\.ref\?\.\(\);/, ''],
      [/restful\.unref\(\);/, ''],
    ],
  },
  run: {
    says: 'a memory for the attempts of each call',
    cuts: [[/(?<=const run\d* = )startRun\(rules, outer, .*\);/, 'globalThis.holdfastRun ??= $&']],
  },
  nested: {
    says: 'who holds a slot, so that a nested call never waits for itself',
    cuts: [
      [/^ {2}begun\(holder, 1\);$/m, ''],
      [/^ {2}begun\(holder, -1\);$/m, ''],
    ],
  },
};

/**
 * Whether a built file has the parts: all of them stand in one, that of the machine.
 *
 * @param {string} source
 */
export function hasParts(source) {
  return source.includes('function asyncScope()');
}

/**
 * Code without some of the parts.
 *
 * @param {string} source
 * @param {readonly string[]} names
 */
export function cut(source, names) {
  for (const name of names) {
    for (const [pattern, replacement] of parts[name].cuts) {
      if (!pattern.test(source)) throw new Error(`the built code has no ${name} that could be left out: ${pattern}`);
      source = source.replace(pattern, replacement);
    }
  }
  return source;
}
