// npm start: a chat client meets a server that fails, and tells what it does about it.

import { giveUpReport } from 'holdfast';
import { seededRandom } from 'holdfast/testing';
import { chatClient, LIMITS } from './chat-client.mjs';
import { ChatError, describe } from './chat-failure.mjs';
import { chatStream, STREAM_LIMITS } from './chat-stream.mjs';
import { faultScripts, MODEL, startChatServer, stepText } from './chat-server.mjs';
import { Mistake, readFlags, USAGE } from './flags.mjs';
import { printSchedules } from './schedules.mjs';
import { indented, paintFor, timeline } from './timeline.mjs';

/**
 * @param {string[]} args
 * @param {object} [io]
 * @param {import('./timeline.mjs').Print} [io.print]
 * @param {import('./timeline.mjs').Print} [io.complain]
 * @param {boolean} [io.isTerminal]
 * @param {Record<string, string | undefined>} [io.env]
 * @param {Patience} [io.patience] with its own server.
 * @returns {Promise<number>} the exit code.
 */
export async function main(args, io = {}) {
  const { print = say, complain = console.error, isTerminal, env = process.env, patience = PATIENCE } = io;
  const paint = paintFor(isTerminal, env);
  try {
    const { url, model, seed, schedules, help } = readFlags(args);
    if (help) print(USAGE);
    else {
      const stage = { print, paint, seed };
      if (url && !schedules) await askYourServer({ ...stage, url, model, key: env['OPENAI_API_KEY'] });
      else if (!schedules) await askOwnServer({ ...stage, patience });
      printSchedules(stage);
    }
    return 0;
  } catch (error) {
    if (!(error instanceof Mistake)) throw error;
    complain(`${paint('red', 'This did not work:')} ${error.message}`);
    return 1;
  }
}

/** @typedef {{ limits: typeof LIMITS, streamLimits: typeof STREAM_LIMITS }} Patience */

const PATIENCE = { limits: LIMITS, streamLimits: STREAM_LIMITS };

/** @typedef {{ print: import('./timeline.mjs').Print, paint: import('./timeline.mjs').Paint, seed: number }} Stage */

/**
 * Three questions to a server that fails by a script.
 *
 * @param {Stage & { patience: Patience }} stage
 */
async function askOwnServer({ print, paint, seed, patience: { limits, streamLimits } }) {
  const [first = [], last = []] = faultScripts(seed);
  const server = await startChatServer([...first, ...last, ...STREAM_SCRIPT]).catch(
    (/** @type {Error} */ { message }) => {
      throw new Mistake(
        `No server of its own: ${message}.`,
        'a free loopback port',
        'npm start -- --schedules needs none',
      );
    },
  );
  const options = { url: server.url, random: seededRandom(seed), on: timeline({ print, paint, limits }) };
  const client = chatClient({ ...options, limits });
  /** @type {(model: string, question: string) => Promise<void>} */
  const ask = async (model, question) => {
    print(`\n${paint('bold', question)}`);
    try {
      const result = await client.ask(model, question);
      print(paint('dim', '\n          resolves to'));
      print(indented(result));
    } catch (error) {
      print(paint('dim', '\n          rejects, and giveUpReport(error) says'));
      print(indented({ ...giveUpReport(error) }));
    }
  };

  try {
    print(paint('bold', 'A chat client and a server that fails'));
    print(`\nThe server, ${server.url}, goes by a script made from seed ${seed}:`);
    print(`  first question   ${first.map(stepText).join(', ')}`);
    print(`  last question    ${last.map(stepText).join(', ')}`);
    print(`  as a stream      ${STREAM_SCRIPT.map(stepText).join(', ')}`);
    print('\nThe client, from the outside in, as explain(policy) says it (below, delays are rounded to whole ms):');
    for (const line of client.explanation.text.split('\n')) print(`  ${line}`);

    await ask(MODEL, 'What is a holdfast?');
    await ask('no-such-model', 'Does it help to ask for a model that does not exist?');
    await ask(MODEL, 'How does kelp survive a storm?');
    await readStream(chatStream({ ...options, limits: streamLimits })(MODEL, 'How does kelp survive a storm?'), {
      print,
      paint,
    });
    print();
  } finally {
    await server.close();
  }
}

/**
 * What the server does with a streamed answer: it never begins, it breaks off, and it comes to its end.
 *
 * @type {import('./chat-server.mjs').Step[]}
 */
const STREAM_SCRIPT = ['stall', 'falter', 'answer'];

/**
 * Reads a streamed answer word by word.
 *
 * @param {AsyncIterable<string>} words
 * @param {Pick<Stage, 'print' | 'paint'>} stage
 */
async function readStream(words, { print, paint }) {
  print(`\n${paint('bold', 'The same as a stream, from a server that sends keep-alives and no words')}`);
  let text = '';
  for await (const word of words) text += word;
  print(paint('dim', '\n          streamed, every word once'));
  print(indented({ text }));
}

/**
 * One question to a real server.
 *
 * @param {Stage & { url: string, model: string | undefined, key: string | undefined }} stage
 */
async function askYourServer({ print, paint, url, model, key }) {
  const limits = { ...LIMITS, whole: 180_000, attempt: 60_000 };
  const client = chatClient({ url, key, limits, on: timeline({ print, paint, limits }) });
  const models = await client.models().catch((/** @type {unknown} */ error) => {
    // Not every server lists its models.
    if (model && error instanceof ChatError) return [];
    throw mistakeOf(error, url);
  });
  const chosen = model ?? models[0];
  if (!chosen) throw new Mistake(`${url} names no model.`, 'the model to ask', 'add --model NAME');

  const question = 'In one sentence: what is a holdfast?';
  print(`${paint('bold', question)}\n${paint('dim', `to ${chosen} at ${url}`)}\n`);
  for (const line of client.explanation.text.split('\n')) print(paint('dim', `  ${line}`));
  print();
  const result = await client.ask(chosen, question).catch((/** @type {unknown} */ error) => {
    throw mistakeOf(error, url);
  });
  print(`\n${indented(result)}\n`);
}

/**
 * @param {unknown} error
 * @param {string} url
 */
function mistakeOf(error, url) {
  const server = 'a server that speaks the OpenAI protocol, such as http://localhost:8000/v1';
  const status = error instanceof ChatError ? error.status : 0;
  if (status === 401 || status === 403) {
    return new Mistake(`${url}: ${describe(error)}.`, 'a key that it accepts', 'set OPENAI_API_KEY');
  }
  const todo = status
    ? 'correct --url (the base mostly ends in /v1) or --model'
    : 'start the server, or correct --url; without --url the demo brings its own';
  return new Mistake(`${url}: ${describe(error)}.`, server, todo);
}

/** @param {string} [line] */
function say(line = '') {
  console.log(line);
}

if (process.argv[1] === import.meta.filename) {
  // A reader that stops reading, such as `npm start | head`, is no failure.
  process.stdout.on('error', () => process.exit());
  process.exitCode = await main(process.argv.slice(2), { isTerminal: process.stdout.isTTY });
}
