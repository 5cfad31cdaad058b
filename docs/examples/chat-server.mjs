// A small server that speaks the OpenAI protocol on a free loopback port, and fails by a script.

import { createServer, STATUS_CODES } from 'node:http';
import { seededRandom } from 'holdfast/testing';

/**
 * What the server does with one question: answer it, fail with a status, cut the connection, or never answer. Where the
 * answer is streamed, it may send nothing but comments (`stall`), or some words and then comments (`falter`).
 *
 * @typedef {'answer' | 429 | 500 | 503 | 'reset' | 'hang' | 'stall' | 'falter'} Step
 */

/** @typedef {import('node:http').IncomingMessage} IncomingMessage */
/** @typedef {import('node:http').ServerResponse} ServerResponse */

/** The model that it serves. */
export const MODEL = 'kelp-1';

const ANSWERS = new Map([
  ['What is a holdfast?', 'The foot with which kelp clings to its rock.'],
  ['How does kelp survive a storm?', 'It bends, waits, and holds on.'],
]);

/**
 * The faults of a demo, in an order that depends on the seed alone: two before the first answer, one of them a 429,
 * and three before the second.
 *
 * @param {number} seed
 * @returns {Step[][]} one script for each of two questions.
 */
export function faultScripts(seed) {
  const random = seededRandom(seed);
  /** @type {Step[]} */
  const faults = [500, 503, 'reset', 'hang'];
  const [companion, ...outage] = shuffled(faults, random);
  return [
    [...shuffled(/** @type {Step[]} */ ([429, companion]), random), 'answer'],
    [...outage, 'answer'],
  ];
}

/**
 * Starts the server.
 *
 * @param {readonly Step[]} script one step for each valid question; after it, the server answers.
 */
export async function startChatServer(script) {
  const steps = [...script];
  /** @type {(Step | 400 | 404)[]} What became of each POST. */
  const log = [];

  /** @type {(request: IncomingMessage, response: ServerResponse) => Promise<void>} */
  const serve = async (request, response) => {
    /** @type {(status: number, body: object, headers?: Record<string, string>) => void} */
    const send = (status, body, headers) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
    };
    /** @type {(status: number, message: string, headers?: Record<string, string>) => void} */
    const refuse = (status, message, headers) => send(status, { error: { message } }, headers);

    const { method, url } = request;
    if (method === 'GET' && url === '/v1/models') return send(200, { object: 'list', data: [{ id: MODEL }] });
    if (method !== 'POST' || url !== '/v1/chat/completions') return refuse(404, `no such route: ${method} ${url}`);

    const { model, question, stream, begun } = read(await textOf(request));
    if (question === undefined) {
      log.push(400);
      return refuse(400, 'expected JSON with model and messages');
    }
    if (model !== MODEL) {
      log.push(404);
      return refuse(404, `the model ${JSON.stringify(model)} does not exist`);
    }

    const step = steps.shift() ?? 'answer';
    log.push(step);
    if (step === 'hang') return undefined;
    if (step === 'reset') return void request.socket.resetAndDestroy();
    if (step === 429) return refuse(429, 'slow down', { 'retry-after': '1' });
    if (typeof step === 'number') return refuse(step, 'the server is not well');
    const content = ANSWERS.get(question) ?? `You asked: ${question}`;
    if (stream) return writeOut(content.slice(begun.length), step, response);
    const message = { role: 'assistant', content };
    return send(200, { object: 'chat.completion', model, choices: [{ index: 0, message, finish_reason: 'stop' }] });
  };

  const server = createServer((request, response) => {
    // A client that gives up while it is still sending.
    serve(request, response).catch(() => response.destroy());
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', () => resolve(undefined));
  });
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${address.port}/v1`,
    log,
    /** Ends the connections that hang, too. */
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

/**
 * A step in words.
 *
 * @param {Step} step
 */
export function stepText(step) {
  if (step === 'reset') return 'connection reset';
  if (step === 'falter') return 'two words and a stall';
  if (typeof step === 'string') return step;
  return `${step} ${STATUS_CODES[step]}${step === 429 ? ' (Retry-After: 1)' : ''}`;
}

/**
 * Streams an answer word by word, or breaks off.
 *
 * @param {string} content
 * @param {Step} step
 * @param {ServerResponse} response
 */
function writeOut(content, step, response) {
  /** @type {(choice: object) => void} */
  const write = (choice) => void response.write(`data: ${JSON.stringify({ choices: [{ index: 0, ...choice }] })}\n\n`);
  const words = content.match(/\S+\s*/g) ?? [];
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const word of words.slice(0, { stall: 0, falter: 2 }[String(step)])) write({ delta: { content: word } });
  if (step === 'answer') {
    write({ delta: {}, finish_reason: 'stop' });
    response.end('data: [DONE]\n\n');
  } else {
    // Life on the wire, but no word: a limit on silent connections would wait for ever.
    const comments = setInterval(() => response.write(': keep-alive\n\n'), 100);
    response.once('close', () => clearInterval(comments));
  }
}

/** @param {string} body */
function read(body) {
  try {
    const { model, messages, stream, continue_final_message: goesOn } = JSON.parse(body);
    return { model, stream, question: messages[0].content, begun: goesOn ? messages.at(-1).content : '' };
  } catch {
    return {};
  }
}

/** @param {IncomingMessage} request */
async function textOf(request) {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  return text;
}

/**
 * @template Item
 * @param {readonly Item[]} items
 * @param {() => number} random
 */
function shuffled(items, random) {
  return items
    .map((item) => ({ item, at: random() }))
    .sort((one, other) => one.at - other.at)
    .map(({ item }) => item);
}
