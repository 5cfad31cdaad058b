import { failureCodes, type FailureClass } from './failure-codes.ts';
import { peek, peekText } from './peek.ts';

export type { FailureClass } from './failure-codes.ts';

type Verdict = FailureClass | undefined;

/**
 * What a failure means: `transient` if it may be gone a moment later, `throttled` if the server, or a limit on this
 * side, asks for less, `permanent` if the same call will fail again, and `unknown` if no table knows it. Aborts and wrong
 * arguments are `permanent`; a response that is no failure is `unknown`.
 *
 * It knows HTTP statuses, the network errors of the runtimes, gRPC, PostgreSQL, MySQL, Prisma, Redis, Kafka, AWS and
 * model servers: by the codes, names and statuses that their clients put into errors, and by messages where there is
 * nothing else. An error that says nothing itself is judged by its members, then by its cause. Whether the call may be
 * made twice is another question: only its caller knows.
 *
 * @param failure whatever was thrown, or a response. At most 16 errors inside it are looked at.
 * @returns the class. Never throws.
 * @example
 * import { classify } from 'holdfast/http';
 * classify(Object.assign(new Error('deadlock detected'), { code: '40P01' })); // => 'transient'
 * classify(new Response('slow down', { status: 429 })); // => 'throttled'
 * classify(new DOMException('stopped', 'AbortError')); // => 'permanent'
 * classify(new Error('oops')); // => 'unknown'
 *
 * Source: `failure-codes.ts`, row by row.
 */
export function classify(failure: unknown): FailureClass {
  let left = MOST;

  function judge(value: unknown): Verdict {
    if (typeof value !== 'object' || !value || left-- <= 0) return undefined;
    try {
      const name = constructorOf(value);
      return (
        said(value) ??
        // The clients of OpenAI say how a call ended by the class alone; that of a lost connection says less than its cause.
        (name === 'APIConnectionError' ? undefined : meaning(name)) ??
        membersSaid(peek(value, 'errors')) ??
        first(['cause', 'lastError', 'originalError', 'error'], (name) => judge(peek(value, name))) ??
        meaning(name)
      );
    } catch {
      // What does not let itself be read says nothing.
      return undefined;
    }
  }

  function membersSaid(members: unknown): Verdict {
    const length = peek(members, 'length');
    if (typeof members !== 'object' || typeof length !== 'number') return undefined;
    const verdicts = Array.from({ length: Math.min(length, MOST + 1) || 0 }, (_, at) => judge(peek(members, `${at}`)));
    // One that may be gone is hope for the whole, and what asks for less is not to be lost.
    const worst = verdicts.every((each) => each) ? verdicts[0] : undefined;
    return first(['throttled', 'transient'], (each) => verdicts.find((verdict) => verdict === each)) ?? worst;
  }

  return judge(failure) ?? 'unknown';
}

/** What an error, or a response, says itself, whatever is inside it. */
function said(value: object): Verdict {
  const name = peekText(value, 'name');
  return (
    first(['code', 'errorCode', 'sqlState', 'type'], (field) => meaning(peekText(value, field))) ??
    messageSaid(value, name) ??
    meaning(name) ??
    flagSaid(value, name) ??
    numberSaid(value)
  );
}

function messageSaid(value: object, name: string): Verdict {
  const message = peekText(value, 'message', 2048);
  // Deno says what happened link by link; Chromium adds the host, as nobody else's errors of this kind do.
  const link = message.startsWith('error sending request') ? ': ' : name === 'TypeError' ? ' (' : '\0';
  return (
    first(message.split(link, 8), (part) => meaning(part.slice(0, 24))) ??
    (REPLY.test(`${name} ${constructorOf(value)}`)
      ? (meaning(`-${message.split(' ', 1)[0]}`) ?? 'permanent')
      : undefined)
  );
}

const REPLY = /\b((Reply|Simple|Blob)Error|ErrorReply)\b/;

/** What the clients of AWS and Kafka have found out themselves. */
function flagSaid(value: object, name: string): Verdict {
  const hint = peek(value, '$retryable');
  if (hint) return peek(hint, 'throttling') ? 'throttled' : 'transient';
  const retriable = peek(value, 'retriable') ?? peek(value, 'retryable');
  if (retriable === true) return 'transient';
  // To have retried in vain is not the failure; its cause is.
  return retriable === false && /^KafkaJS(?!NumberOf)/.test(name) ? 'permanent' : undefined;
}

/** A status, wherever clients put it; the `code` of gRPC, or of a stream that broke off. */
function numberSaid(value: object): Verdict {
  const grpc = peek(value, 'metadata') && peek(value, 'details') !== undefined ? 'grpc' : '';
  return first([value, peek(value, 'response'), peek(value, '$metadata')], (source) =>
    first(['status', 'statusCode', 'httpStatusCode', 'code', 'errno'], (field) => {
      const number = peek(source, field);
      return typeof number === 'number' ? meaning(`${field === 'code' ? grpc : ''}${number}`) : undefined;
    }),
  );
}

function constructorOf(value: object): string {
  return peekText(peek(value, 'constructor'), 'name');
}

function meaning(word: string): Verdict {
  const found = codes.get(word) ?? (/^[\dA-Z]{5}$/.test(word) ? codes.get(`${word.slice(0, 2)}xxx`) : undefined);
  return found ?? (/^4\d\d$/.test(word) ? 'permanent' : undefined);
}

function first<Item>(items: readonly Item[], verdict: (item: Item) => Verdict): Verdict {
  for (const item of items) {
    const found = verdict(item);
    if (found) return found;
  }
  return undefined;
}

/** How many errors inside one another, or side by side, are looked at. */
const MOST = 16;

const codes: ReadonlyMap<string, FailureClass> = /* @__PURE__ */ codeMap();

function codeMap(): Map<string, FailureClass> {
  const map = new Map<string, FailureClass>();
  for (const each of ['transient', 'throttled', 'permanent'] as const) {
    for (const code of failureCodes[each].split('|')) map.set(code, each);
  }
  return map;
}
