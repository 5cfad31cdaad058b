// The flags of the demo, and what to say when they are wrong.

import { parseArgs } from 'node:util';

const EXAMPLE = 'http://localhost:8000/v1';

export const USAGE = `npm start                                                a server of its own, that fails by a script
npm start -- --seed 7                                    another order of faults
npm start -- --url ${EXAMPLE} --model NAME a server of yours (key: OPENAI_API_KEY)
npm start -- --schedules                                 only the schedules, offline`;

const FLAGS = /** @type {const} */ ({
  url: { type: 'string' },
  model: { type: 'string' },
  seed: { type: 'string' },
  schedules: { type: 'boolean' },
  help: { type: 'boolean' },
});

/** What the reader can put right: said without a stack trace. */
export class Mistake extends Error {
  /**
   * @param {string} what is wrong
   * @param {string} expected
   * @param {string} todo
   */
  constructor(what, expected, todo) {
    super(`${what}\n  Expected  ${expected}\n  To do     ${todo}`);
  }
}

/** @param {string[]} args */
export function readFlags(args) {
  const { url, model, seed = '1', schedules = false, help = false } = parsed(args);
  if (!/^\d{1,9}$/.test(seed)) {
    throw new Mistake(`--seed is ${JSON.stringify(seed)}.`, 'an integer from 0 to 999999999', 'npm start -- --seed 7');
  }
  if (model !== undefined && url === undefined) {
    throw new Mistake('--model has no --url.', 'both, or neither', `add --url, such as --url ${EXAMPLE}`);
  }
  return { url: url === undefined ? undefined : base(url), model, seed: Number(seed), schedules, help };
}

/** @param {string[]} args */
function parsed(args) {
  try {
    return parseArgs({ args, options: FLAGS }).values;
  } catch (error) {
    const [what] = /** @type {Error} */ (error).message.split(/\. |\n/);
    throw new Mistake(
      `${what}.`,
      `one of ${Object.keys(FLAGS)
        .map((name) => `--${name}`)
        .join(', ')}`,
      'see npm start -- --help',
    );
  }
}

/** @param {string} text */
function base(text) {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new Mistake(`--url is ${JSON.stringify(text)}.`, 'a http or https address', `try --url ${EXAMPLE}`);
  }
  if (url.username || url.password) {
    throw new Mistake('--url holds a user or a password.', 'an address without them', 'put the key in OPENAI_API_KEY');
  }
  return text.replace(/\/+$/, '');
}
