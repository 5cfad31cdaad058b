import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import { LIMITS } from '../../docs/examples/chat-client.mjs';
import { MODEL, startChatServer } from '../../docs/examples/chat-server.mjs';
import { STREAM_LIMITS } from '../../docs/examples/chat-stream.mjs';
import { main } from '../../docs/examples/demo.mjs';
import { paintFor } from '../../docs/examples/timeline.mjs';

interface Run {
  code: number;
  printed: string[];
  complained: string[];
}

/** Longer than a busy machine takes for an answer. */
const patience = {
  limits: { ...LIMITS, whole: 60_000, attempt: 2_500 },
  streamLimits: { ...STREAM_LIMITS, firstEvent: 2_500, idle: 2_000, total: 60_000 },
};

async function run(...args: string[]): Promise<Run> {
  const printed: string[] = [];
  const complained: string[] = [];
  const print = (line = ''): unknown => printed.push(...line.split('\n'));
  const complain = (line = ''): unknown => complained.push(...line.split('\n'));
  return { code: await main(args, { print, complain, env: {}, patience }), printed, complained };
}

/** The lines of the timeline, without the times that differ from run to run. */
function events({ printed }: Run): string[] {
  return printed.flatMap((line) => {
    const [, label, text] = /^ +\d+\.\d\d s {2}(gave up|\w+) +(.*)$/.exec(line) ?? [];
    return label ? [`${label}: ${text!.replace(/\b\d+ ms\b/g, '… ms')}`] : [];
  });
}

/** A server that gives one answer to everything. */
async function oneAnswer(status: number, body: string): Promise<{ url: string; close: () => void }> {
  const server = createServer((_request, response) => response.writeHead(status).end(body));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/v1`, close: () => (server.closeAllConnections(), server.close()) };
}

describe('npm start', () => {
  let demo: Run;
  beforeAll(async () => {
    demo = await run('--seed', '1');
  });

  it('ends with exit code 0', () => {
    expect([demo.code, demo.complained]).toEqual([0, []]);
  });

  it('prints the script that its server goes by', () => {
    expect(demo.printed).toContain(
      '  first question   503 Service Unavailable, 429 Too Many Requests (Retry-After: 1), answer',
    );
    expect(demo.printed).toContain('  last question    hang, connection reset, 500 Internal Server Error, answer');
    expect(demo.printed).toContain('  as a stream      stall, two words and a stall, answer');
  });

  it('shows every fault, every delay, and the breaker as it opens, refuses, probes and closes', () => {
    expect(events(demo)).toEqual([
      'attempt: 1',
      'failed: 503 Service Unavailable: the server is not well',
      'retry: attempt 2 in … ms',
      'attempt: 2',
      'failed: 429 Too Many Requests: slow down (Retry-After: 1 s)',
      'retry: attempt 3 in … ms, no sooner than the 1 s asked for',
      'attempt: 3',
      'answer: The foot with which kelp clings to its rock.',
      'attempt: 1',
      'failed: 404 Not Found: the model "no-such-model" does not exist',
      'gave up: not retried: a 404 stays a 404, however often one asks',
      'attempt: 1',
      'failed: no answer within … ms (TimeoutError)',
      'retry: attempt 2 in … ms',
      'attempt: 2',
      'failed: connection reset (ECONNRESET)',
      'retry: attempt 3 in … ms',
      'attempt: 3',
      'failed: 500 Internal Server Error: the server is not well',
      'breaker: closed → open: 3 failures in a row',
      'retry: attempt 4 in … ms',
      'breaker: refuses: nothing is sent, next probe in … ms',
      'retry: attempt 5 in … ms, no sooner than the … ms asked for',
      'breaker: open → half-open: its time is over, this attempt is the probe',
      'attempt: 5',
      'answer: It bends, waits, and holds on.',
      'breaker: half-open → closed: the probe succeeded',
      'attempt: 1',
      'failed: no word for … ms, after 0 words (StreamIdleError, limit firstEvent)',
      'retry: attempt 2 in … ms',
      'attempt: 2',
      'failed: no word for … ms, after 2 words (StreamIdleError, limit idle)',
      'retry: attempt 2 in … ms',
      'resume: asks the model to go on after "It bends, "',
    ]);
    expect(demo.printed).toContain("                   { text: 'It bends, waits, and holds on.' }");
  });

  it('shows the result object of each answered question, and the report of the refused one', () => {
    const text = demo.printed.join('\n').replace(/\s+/g, ' ');

    expect(text).toMatch(
      /value: 'The foot with which kelp clings to its rock\.', attempts: 3, delays: \[ 172, 1\d{3} \]/,
    );
    expect(text).toContain("{ attempts: 1, delays: [], reason: 'not-retryable' }");
    expect(text).toMatch(/value: 'It bends, waits, and holds on\.', attempts: 5, delays: \[ 24, 160, 68, \d+ \]/);
  });

  it('ends with the schedules', async () => {
    const { printed } = await run('--schedules', '--seed', '1');

    expect(demo.printed.slice(-printed.length)).toEqual(printed);
  });
});

describe('npm start -- --schedules', () => {
  it('prints the exact delays of five backoffs, and when the attempts are made', async () => {
    const { code, printed } = await run('--schedules');

    expect(code).toBe(0);
    expect(printed.slice(2, 13).map((line) => line.replace(/ +/g, ' ').trim())).toEqual([
      'retry 1 2 3 4 5 6 in all',
      'constant() 100 100 100 100 100 100 600',
      'with full jitter 86 5 63 12 40 9 214',
      'linear() 100 200 300 400 500 600 2100',
      'with full jitter 82 137 282 136 292 321 1250',
      'fibonacci() 100 100 200 300 500 800 2000',
      'with full jitter 4 43 120 217 494 296 1173',
      'exponential() 100 200 400 800 1600 3200 6300',
      'with full jitter 25 94 246 37 575 1767 2745',
      'sequence([50, 200, 1000]) 50 200 1000 1000 1000 1000 4250',
      'with full jitter 4 105 518 928 861 860 3276',
    ]);
    expect(printed.filter((line) => /[·●]{20}/.test(line))).toHaveLength(10);
  });
});

describe('npm start -- --url', () => {
  it('asks a real server through the same client', async () => {
    const server = await startChatServer([503]);

    const answered = await run('--url', `${server.url}/`, '--model', MODEL);

    expect([answered.code, answered.complained]).toEqual([0, []]);
    expect(events(answered)).toEqual([
      'attempt: 1',
      'failed: 503 Service Unavailable: the server is not well',
      'retry: attempt 2 in … ms',
      'attempt: 2',
      'answer: You asked: In one sentence: what is a holdfast?',
    ]);
    expect(server.log).toEqual([503, 'answer']);
    await server.close();
  });

  it('takes the first model that the server lists when none is named', async () => {
    const server = await startChatServer([]);

    const { code, printed } = await run('--url', server.url);

    expect(code).toBe(0);
    expect(printed).toContain(`to ${MODEL} at ${server.url}`);
    await server.close();
  });

  it('says what to do when the model does not exist', async () => {
    const server = await startChatServer([]);

    const { code, complained } = await run('--url', server.url, '--model', 'none');

    expect(code).toBe(1);
    expect(complained).toEqual([
      `This did not work: ${server.url}: 404 Not Found: the model "none" does not exist.`,
      '  Expected  a server that speaks the OpenAI protocol, such as http://localhost:8000/v1',
      '  To do     correct --url (the base mostly ends in /v1) or --model',
    ]);
    await server.close();
  });

  it('says what to do when nobody listens at the address', async () => {
    const { url, close } = await oneAnswer(200, '');
    close();

    expect(await run('--url', url)).toEqual({
      code: 1,
      printed: [],
      complained: [
        `This did not work: ${url}: connection refused (ECONNREFUSED).`,
        '  Expected  a server that speaks the OpenAI protocol, such as http://localhost:8000/v1',
        '  To do     start the server, or correct --url; without --url the demo brings its own',
      ],
    });
  });

  it('says what to do when the answer is not JSON', async () => {
    const { url, close } = await oneAnswer(200, '<html></html>');

    const { code, complained } = await run('--url', url);

    expect(code).toBe(1);
    expect(complained[0]).toBe(`This did not work: ${url}: 200 OK: the answer is not JSON but "<html></html>".`);
    close();
  });

  it('says what to do when the answer is JSON of another kind', async () => {
    const { url, close } = await oneAnswer(200, '{}');

    const { complained: nothingListed } = await run('--url', url);
    const { complained: noAnswer } = await run('--url', url, '--model', 'x');

    expect(nothingListed[0]).toBe(`This did not work: ${url}: 200 OK: the answer has no list of models.`);
    expect(noAnswer[0]).toBe(`This did not work: ${url}: 200 OK: the answer has no choices[0].message.content.`);
    close();
  });

  it('says what to do when the server wants a key', async () => {
    const { url, close } = await oneAnswer(401, '{"error":{"message":"no key"}}');

    expect((await run('--url', url)).complained).toEqual([
      `This did not work: ${url}: 401 Unauthorized: no key.`,
      '  Expected  a key that it accepts',
      '  To do     set OPENAI_API_KEY',
    ]);
    close();
  });

  it('sends the key of the environment as a bearer token', async () => {
    const keys: (string | undefined)[] = [];
    const server = createServer(({ headers }, response) => {
      keys.push(headers.authorization);
      response.end('{"choices":[{"message":{"content":"yes"}}]}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;

    const code = await main(['--url', url, '--model', 'x'], { print: () => {}, env: { OPENAI_API_KEY: 'k' } });

    expect([code, keys]).toEqual([0, ['Bearer k', 'Bearer k']]);
    server.closeAllConnections();
    server.close();
  });
});

describe('the flags', () => {
  const complaint = async (...args: string[]): Promise<string[]> => {
    const { code, printed, complained } = await run(...args);
    expect([code, printed]).toEqual([1, []]);
    return complained.map((line) => line.replace(/^This did not work: |^ +(Expected|To do) +/, ''));
  };

  it('are explained on request', async () => {
    const { code, printed } = await run('--help');

    expect([code, printed.length]).toEqual([0, 4]);
  });

  it('are refused with what is wrong, what is expected and what to do', async () => {
    const known = 'one of --url, --model, --seed, --schedules, --help';
    const help = 'see npm start -- --help';

    expect(await complaint('--ulr', 'x')).toEqual(["Unknown option '--ulr'.", known, help]);
    expect(await complaint('extra')).toEqual(["Unexpected argument 'extra'.", known, help]);
    expect(await complaint('--url')).toEqual(["Option '--url <value>' argument missing.", known, help]);
    expect(await complaint('--seed', 'x')).toEqual([
      '--seed is "x".',
      'an integer from 0 to 999999999',
      'npm start -- --seed 7',
    ]);
    expect(await complaint('--model', 'x')).toEqual([
      '--model has no --url.',
      'both, or neither',
      'add --url, such as --url http://localhost:8000/v1',
    ]);
    expect(await complaint('--url', 'localhost:8000')).toEqual([
      '--url is "localhost:8000".',
      'a http or https address',
      'try --url http://localhost:8000/v1',
    ]);
    expect(await complaint('--url', 'http://me:secret@localhost/v1')).toEqual([
      '--url holds a user or a password.',
      'an address without them',
      'put the key in OPENAI_API_KEY',
    ]);
  });
});

describe('paintFor()', () => {
  it('colours a terminal, unless the reader or the terminal says no', () => {
    const red = (isTerminal: boolean | undefined, env: Record<string, string>): string =>
      paintFor(isTerminal, env)('red', 'no');

    expect(red(true, { TERM: 'xterm' })).toBe('\u001b[31mno\u001b[39m');
    expect(red(undefined, {})).toBe('no');
    expect(red(true, { NO_COLOR: '1' })).toBe('no');
    expect(red(true, { TERM: 'dumb' })).toBe('no');
  });
});
