// What the browser test runs in its page, with the built library as plain modules. Whatever comes back is JSON.
import { CircuitBreaker, consecutiveFailures, constant, retryCall, timeout } from 'holdfast';
import { guardFetch } from 'holdfast/http';
import { guardStream, retryStream } from 'holdfast/stream';

/** An error in words. */
const said = ({ name, message, code }) => ({ name, message: message.split(' (')[0], ...(code && { code }) });

/** Makes one call; its waits are told, and are short. */
export async function ask(url, { leaveAfter, ...init } = {}, options) {
  const delays = [];
  const sleep = (ms) => {
    delays.push(ms);
    return new Promise((resolve) => setTimeout(resolve, 10));
  };
  const guarded = guardFetch({ retry: { baseDelay: 10, backoff: constant(), sleep }, random: () => 0, ...options });
  const caller = new AbortController();
  if (leaveAfter) setTimeout(() => caller.abort(new RangeError('enough')), leaveAfter);
  try {
    const response = await guarded(url, { signal: caller.signal, ...init });
    return { status: response.status, text: await response.text(), delays };
  } catch (error) {
    return { ...said(error), delays };
  }
}

/** Reads the body of an answer as it comes. */
export async function read(url, limits) {
  const response = await guardFetch()(url);
  return collected(guardStream(response.body.pipeThrough(new TextDecoderStream()), limits));
}

/** Reads it once more where nothing of it comes. */
export async function readAgain(url, limits) {
  const guarded = guardFetch();
  const open = async ({ signal }) => (await guarded(url, { signal })).body.pipeThrough(new TextDecoderStream());
  return collected(retryStream(open, { baseDelay: 1, ...limits }));
}

async function collected(events) {
  let text = '';
  try {
    for await (const event of events) text += event;
    return { text };
  } catch (error) {
    return { text, ...said(error) };
  }
}

/** The core, without any server. */
export async function core() {
  const flaky = ({ attempt }) => (attempt < 3 ? Promise.reject(new Error('busy')) : attempt);
  const retried = await retryCall(flaky, 5, 1);
  const breaker = new CircuitBreaker({ trip: consecutiveFailures(2) });
  const codes = [];
  for (let call = 0; call < 3; call++) {
    await breaker.execute(() => Promise.reject(new Error('busy'))).catch(({ code }) => codes.push(code ?? 'none'));
  }
  const timed = await timeout(1_000).execute(async () => 'in time');
  return { retried, state: breaker.state, codes, timed };
}
