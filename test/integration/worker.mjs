// A Cloudflare Worker whose requests share their policies. It is run by `workerd.test.ts`, beside the built package.
import { Bulkhead, CircuitBreaker, pipeline, RateLimiter, retry, timeout } from './index.js';
import { guardFetch } from './http.js';

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const guarded = guardFetch({
  attemptTimeout: 10_000,
  retry: { maxAttempts: 3, baseDelay: 10 },
  bulkhead: { maxConcurrent: 2, maxQueued: 10 },
});
const patient = guardFetch({ retry: false, bodyIdle: 10_000 });
const limiter = new RateLimiter({ limit: 1, interval: 100, burst: 1, maxQueued: 10 });
const bulkhead = new Bulkhead({ maxConcurrent: 1, maxQueued: 10 });
const limit = timeout(200);
const all = pipeline(retry({ baseDelay: 10 }), new CircuitBreaker(), limit);

const does = {
  fetch: async (upstream) => {
    const response = await guarded(upstream);
    return `${response.status} ${await response.text()}`;
  },
  proxy: (upstream) => patient(upstream),
  limited: () => limiter.execute(() => 'passed'),
  slot: () => bulkhead.execute(() => pause(50).then(() => 'had it')),
  late: () => limit.execute(() => new Promise(() => {})),
  flaky: () => all.execute(({ attempt }) => (attempt < 2 ? Promise.reject(new Error('busy')) : 'up')),
};

export default {
  async fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    try {
      const answer = await does[pathname.slice(1)](searchParams.get('upstream'));
      return answer instanceof Response ? answer : new Response(answer);
    } catch (error) {
      return new Response(`${error.name}: ${error.message}`, { status: 500 });
    }
  },
};
