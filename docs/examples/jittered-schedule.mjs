// Jitter over an exponential schedule. A backoff is a pure function, so the delays can be computed without waiting.

import { additiveJitter, capped, envelope, exponential, fullJitter, schedule } from 'holdfast';
import { seededRandom } from 'holdfast/testing';

/** @param {(line: string) => void} print */
export async function main(print = console.log) {
  const baseDelay = 100;
  const retries = 6;
  const maxDelay = 1_000;
  /** The same chance for each of them. */
  const options = () => ({ baseDelay, retries, random: seededRandom(1) });

  const exact = schedule(exponential(), options());
  print(`exponential()                                 ${row(exact)}`);

  // Anywhere between 0 and the exact delay: a crowd that failed together does not come back together.
  const full = schedule(fullJitter(exponential()), options());
  const bounds = envelope(fullJitter(exponential()), { baseDelay, retries });
  print(`fullJitter(exponential())                     ${row(full)}`);
  print(`  its mean                                    ${row(bounds.map(({ mean }) => mean))}`);

  // min(maxDelay, exponential + U(0, baseDelay)): never shorter than the exact delay, and capped.
  const additive = schedule(capped(additiveJitter(exponential()), maxDelay), options());
  print(`capped(additiveJitter(exponential()), 1000)   ${row(additive)}`);

  const random = seededRandom(1);
  const byHand = exact.map((delay) => Math.min(maxDelay, delay + random() * baseDelay));
  print(`min(1000, base * 2 ** (n - 1) + U(0, base))   ${row(byHand)}`);

  // The cap inside the jitter keeps late retries spread out; outside of it they pile up at the cap.
  const spread = schedule(fullJitter(capped(exponential(), maxDelay)), options());
  print(`fullJitter(capped(exponential(), 1000))       ${row(spread)}`);

  return { exact, full, bounds, additive, byHand, spread };
}

/** @param {number[]} delays */
function row(delays) {
  return delays.map((delay) => `${Math.round(delay)} ms`.padStart(8)).join('');
}

if (process.argv[1] === import.meta.filename) await main();
