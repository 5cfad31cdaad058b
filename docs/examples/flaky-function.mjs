// A function that fails a few times and then succeeds: what retryCall makes of it.

import { giveUpReport, retryCall, retryCallSync } from 'holdfast';
import { recordingSleeper } from 'holdfast/testing';

/**
 * A function that throws `failures` times, each time another error, and succeeds from then on.
 *
 * @param {number} failures
 */
export function flaky(failures) {
  let calls = 0;
  return () => {
    calls++;
    if (calls <= failures) throw new Error(`failure ${calls}`);
    return 'done';
  };
}

/** @param {(line: string) => void} print */
export async function main(print = console.log) {
  // Waits for real unless told otherwise; this sleeper only keeps what it was asked for.
  const sleep = recordingSleeper();

  const third = await retryCall(flaky(2), 5, 100, { sleep });
  print(`fails twice, 5 attempts allowed    ${show(third)}`);

  const last = await retryCall(flaky(4), 5, 100, { sleep });
  print(`fails 4 times, 5 attempts allowed  ${show(last)}`);

  const first = await retryCall(flaky(0), 5, 100, { sleep });
  print(`never fails                        ${show(first)}`);

  const error = await retryCall(flaky(Infinity), 5, 100, { sleep }).catch((/** @type {Error} */ error) => error);
  const report = giveUpReport(error);
  print(`always fails                       throws "${show(error)}", the last of them; ${show(report)}`);

  // The same for a synchronous function. The base is in whatever unit you sleep in.
  const sync = retryCallSync(flaky(3), 5, 0.5);
  print(`synchronous, base 0.5              ${show(sync)}`);

  return { third, last, first, error, report, sync };
}

/** @param {unknown} value */
function show(value) {
  return value instanceof Error ? value.message : JSON.stringify(value);
}

if (process.argv[1] === import.meta.filename) await main();
