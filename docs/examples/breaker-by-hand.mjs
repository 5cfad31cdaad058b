// A circuit breaker with a threshold of failures in a row and a time after which it tries again: around a call, as a
// wrapper, and by hand. Its time is virtual, so that a minute takes no time.

import { CircuitBreaker, CircuitOpenError, consecutiveFailures, wrap } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';

/** @param {(line: string) => void} print */
export async function main(print = console.log) {
  const clock = new VirtualClock();
  /** @type {string[]} */
  const changes = [];
  const breaker = new CircuitBreaker({
    name: 'mail',
    trip: consecutiveFailures(3),
    openDuration: 60_000,
    probes: { required: 1 },
    clock,
    on: {
      stateChange({ from, to, reason }) {
        changes.push(`${from} → ${to}`);
        print(`           ${from} → ${to}: ${reason}`);
      },
    },
  });

  let healthy = false;
  let calls = 0;
  /** @param {string} letter */
  const send = async (letter) => {
    calls++;
    if (!healthy) throw new Error('the mail server is down');
    return `sent: ${letter}`;
  };

  // 1. Around a call.
  for (let call = 1; call <= 3; call++) {
    await breaker
      .execute(() => send('hello'))
      .catch((/** @type {Error} */ error) => print(`execute    ${error.message}`));
  }

  // 2. As a wrapper: a function with the same parameters. The breaker is open now and calls nothing.
  const guardedSend = wrap(breaker, send);
  const refusal = await guardedSend('hello').catch((/** @type {unknown} */ error) => error);
  if (refusal instanceof CircuitOpenError) print(`wrap       ${refusal.message}; calls so far: ${calls}`);

  await clock.advance(60_000);
  healthy = true;
  const sent = await guardedSend('hello again');
  print(`wrap       ${sent}`);

  // 3. By hand, where there is no function to wrap: take a permit, and say how it went.
  for (let failure = 1; failure <= 3; failure++) breaker.tryAcquire()?.fail(new Error('bounced'));
  const refused = breaker.tryAcquire();
  print(`by hand    a permit while open: ${refused}`);

  await clock.advance(60_000);
  const probe = breaker.tryAcquire();
  const second = breaker.tryAcquire();
  print(
    `by hand    a permit for the probe: ${probe ? 'yes' : 'no'}, for a second call at once: ${second ? 'yes' : 'no'}`,
  );
  probe?.succeed();

  return { changes, calls, refusal, sent, refused, second, state: breaker.state };
}

if (process.argv[1] === import.meta.filename) await main();
