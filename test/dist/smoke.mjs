// A smoke test of the built package without any test runner: it has to run wherever JavaScript does.
import { Bulkhead, CircuitBreaker, consecutiveFailures, explain, fallback, hedge, keyed, pipeline } from 'holdfast';
import { RateLimiter, retry, retryCall, standard, timeout, TimeoutError } from 'holdfast';
import { classify, guardFetch, neverSent } from 'holdfast/http';
import { guardStream } from 'holdfast/stream';
import { recordingSleeper, seededRandom, VirtualClock } from 'holdfast/testing';

function expect(actual, expected, what) {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) {
    throw new Error(`${what}: expected ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`);
  }
}

const busy = new Error('busy');
const sleep = recordingSleeper();
const flaky = ({ attempt }) => (attempt < 3 ? Promise.reject(busy) : 'ok');
expect(await retryCall(flaky, 5, 100, { sleep }), { value: 'ok', attempts: 3, delays: [100, 200] }, 'retryCall');
expect((await retryCall(flaky, 5, 1)).attempts, 3, 'retryCall on the clock of the machine');

const error = await timeout(5)
  .execute(() => new Promise(() => {}))
  .catch((reason) => reason);
expect([error instanceof TimeoutError, error.name, error.code], [true, 'TimeoutError', 'ERR_TIMEOUT'], 'timeout');

const clock = new VirtualClock();
const breaker = new CircuitBreaker({
  clock,
  trip: consecutiveFailures(2),
  openDuration: 1_000,
  probes: { required: 1 },
});
const policy = pipeline(retry({ clock, maxAttempts: 2, random: seededRandom(1) }), breaker, timeout(50, { clock }));
const outcome = policy.execute(() => Promise.reject(busy)).catch((reason) => reason);
await clock.runAll();
expect((await outcome) === busy, true, 'pipeline');
expect(breaker.state, 'open', 'breaker');

const controller = new AbortController();
const aborted = retryCall(() => new Promise(() => {}), 3, 1, { signal: controller.signal }).catch((reason) => reason);
controller.abort('stop');
expect(await aborted, 'stop', 'abort');

const bulkhead = new Bulkhead({ maxConcurrent: 1, maxQueued: 2 });
const limiter = new RateLimiter({ limit: 2, interval: 20, maxQueued: 10 });
const order = [];
const limited = pipeline(bulkhead, limiter);
await Promise.all([1, 2, 3].map((n) => limited.execute(() => order.push(n))));
expect([order, bulkhead.running, limiter.queued], [[1, 2, 3], 0, 0], 'bulkhead and rate limiter');

const slowOnce = ({ attempt }) => (attempt === 1 ? new Promise(() => {}) : attempt);
expect(await hedge({ delay: 5 }).execute(slowOnce), 2, 'hedge');
expect(await fallback('else').execute(() => Promise.reject(busy)), 'else', 'fallback');
expect(await keyed(() => new CircuitBreaker()).execute('a', () => 1), 1, 'keyed');
expect(await standard().execute(() => 1), 1, 'standard');
expect(explain(standard()).worstCase, { time: 30_000, calls: 3 }, 'explain');

const stalls = new ReadableStream({ start: (stream) => stream.enqueue('event') });
const events = [];
try {
  for await (const event of guardStream(stalls, { idle: 5 })) events.push(event);
} catch ({ code }) {
  events.push(code);
}
expect(events, ['event', 'ERR_STREAM_IDLE'], 'guardStream');

const statuses = [503, 429, 200];
const waits = recordingSleeper();
const scripted = guardFetch({
  fetch: async () => new Response('ok', { status: statuses.shift() }),
  retry: { sleep: waits },
});
expect((await scripted('https://users.example/7')).status, 200, 'guardFetch');
expect([waits.delays.length, classify(new Response('', { status: 503 }))], [2, 'transient'], 'guardFetch and classify');

/** Deno has to be allowed to. */
const mayListen =
  !globalThis.Deno || (await Deno.permissions.query({ name: 'net', host: '127.0.0.1' })).state === 'granted';
if (mayListen) {
  const { createServer } = await import('node:http');
  let requests = 0;
  const server = createServer((_, response) => response.writeHead(++requests < 2 ? 503 : 200).end('ok'));
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const url = `http://127.0.0.1:${server.address().port}/`;
  const response = await guardFetch({ retry: { baseDelay: 1 } })(url);
  expect([response.status, await response.text(), requests], [200, 'ok', 2], 'guardFetch on loopback');

  await new Promise((closed) => server.close(closed).closeAllConnections());
  const refused = await guardFetch({ retry: { baseDelay: 1 } })(url).catch((reason) => reason);
  expect([classify(refused), neverSent(refused)], ['transient', true], 'a refused connection');
}

const runtime = globalThis.Bun
  ? `Bun ${Bun.version}`
  : globalThis.Deno
    ? `Deno ${Deno.version.deno}`
    : `Node ${process.version}`;
const done = 'retry, timeout, breaker, pipeline, abort, limits, hedge, fallback, keyed, standard, streams, fetch';
console.log(`${runtime}: ${done}${mayListen ? ', loopback' : ''}`);
