// Tells what a client and its policies do, line by line. Every line comes from an event; nothing is guessed.

import { inspect, styleText } from 'node:util';
import { CircuitOpenError } from 'holdfast';
import { ChatError, describe, verdict, printable } from './chat-failure.mjs';

/** @typedef {(line?: string) => void} Print */
/** @typedef {(style: 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'magenta' | 'cyan', text: string) => string} Paint */

/**
 * Colours for a terminal that can show them and a reader who wants them.
 *
 * @param {boolean | undefined} isTerminal
 * @param {Record<string, string | undefined>} env
 * @returns {Paint}
 */
export function paintFor(isTerminal, env) {
  const coloured = isTerminal && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  return coloured ? (style, text) => styleText(style, text, { validateStream: false }) : (_style, text) => text;
}

/**
 * The observers of one client, which print what they are told.
 *
 * @param {object} options
 * @param {Print} options.print
 * @param {Paint} options.paint
 * @param {{ threshold: number }} options.limits
 * @returns {Required<import('./chat-client.mjs').Observers & import('./chat-stream.mjs').StreamObservers>}
 */
export function timeline({ print, paint, limits }) {
  const start = performance.now();
  /** @type {(style: Parameters<Paint>[0], label: string, ...lines: string[]) => void} */
  const tell = (style, label, first, ...more) => {
    const seconds = ((performance.now() - start) / 1_000).toFixed(2);
    print(`${paint('dim', `${seconds} s`.padStart(8))}  ${paint(style, label.padEnd(8))} ${first}`);
    for (const line of more) print(`${' '.repeat(INDENT)}${paint('dim', line)}`);
  };

  return {
    begin: ({ attempt }) => tell('cyan', 'attempt', `${attempt}`),
    succeed: ({ value }) => tell('green', 'answer', printable(value)),
    fail: ({ error }) => tell('red', 'failed', describe(error)),
    rejected: ({ error }) => {
      const circuit = error instanceof CircuitOpenError;
      const rest = circuit ? `nothing is sent, next probe in ${ms(error.retryAfter ?? 0)}` : error.message;
      tell('magenta', circuit ? 'breaker' : 'bulkhead', `refuses: ${rest}`);
    },
    stateChange: ({ from, to, reason }) => {
      const why = {
        tripped: `${limits.threshold} failures in a row`,
        'open-elapsed': 'its time is over, this attempt is the probe',
        'probes-succeeded': 'the probe succeeded',
        'probe-failed': 'the probe failed',
      };
      tell('magenta', 'breaker', `${from} → ${to}: ${Object.hasOwn(why, reason) ? Reflect.get(why, reason) : reason}`);
    },
    resume: ({ text }) => tell('yellow', 'resume', `asks the model to go on after ${JSON.stringify(printable(text))}`),
    retry: ({ error, attempt, delay }) => {
      const hint = hintOf(error);
      const floor = hint ? `, no sooner than the ${ms(hint)} asked for` : '';
      tell('yellow', 'retry', `attempt ${attempt + 1} in ${ms(delay)}${floor}`, `because ${verdict(error).because}`);
    },
    giveUp: ({ error, attempts, reason }) => {
      const why = {
        'not-retryable': `not retried: ${verdict(error).because}`,
        attempts: `no attempts left after ${attempts}`,
        elapsed: 'the time for the whole call is used up',
        'retry-after': `the server asks for more patience than there is: ${ms(hintOf(error) ?? 0)}`,
        budget: 'the retry budget is used up',
        aborted: 'the caller gave up',
      };
      tell('red', 'gave up', why[reason]);
    },
  };
}

/**
 * What an error says about when to come back, in ms.
 *
 * @param {unknown} error
 */
function hintOf(error) {
  return error instanceof ChatError || error instanceof CircuitOpenError ? error.retryAfter : undefined;
}

/**
 * A duration for readers, rounded.
 *
 * @param {number} duration
 */
export function ms(duration) {
  return duration > 0 && duration % 1_000 === 0 ? `${duration / 1_000} s` : `${Math.round(duration)} ms`;
}

/**
 * A value in JavaScript's own notation, indented below the lines of the timeline; numbers are rounded.
 *
 * @param {object} value
 */
export function indented(value) {
  const rounded = JSON.parse(JSON.stringify(value), (_key, part) =>
    typeof part === 'number' ? Math.round(part) : part,
  );
  return inspect(rounded, { breakLength: 60 }).replace(/^/gm, ' '.repeat(INDENT));
}

/** Where the text of a line begins. */
const INDENT = 19;
