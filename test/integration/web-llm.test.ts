import { fileURLToPath } from 'node:url';
import { BulkheadFullError, sleeperOf, TimeoutError, type Clock } from 'holdfast';
import { StreamIdleError } from 'holdfast/stream';
import { VirtualClock } from 'holdfast/testing';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { webLlmClient } from '../../docs/examples/web-llm-client.mjs';
import { rejection } from '../rejection.ts';

const model = 'tiny';
const question = { messages: [{ role: 'user' as const, content: 'Hello?' }] };

describe('the client for WebLLM', () => {
  describe('given an engine that answers', () => {
    it('gives the answer, and interrupts nothing', async () => {
      const { clock, engine, client } = setUp();

      const answer = client.ask(question);
      await clock.runAll();

      expect(contentOf(await answer)).toBe('hold fast !');
      expect(engine.log).toEqual(['begins', 'ends: stop']);
      expect([engine.interrupts, clock.pending]).toEqual([0, 0]);
    });

    it('gives the words of a stream, and interrupts nothing', async () => {
      const { clock, engine, client } = setUp();

      const words = collected(client.stream(question));
      await clock.runAll();

      expect(await words).toEqual(['hold', 'fast', '!', '']);
      expect(engine.log).toEqual(['begins', 'ends: stop']);
      expect([engine.interrupts, client.bulkhead.running, clock.pending]).toEqual([0, 0, 0]);
    });

    it('asks one question after the other, and refuses what does not fit into the line', async () => {
      const { clock, engine, client } = setUp({ maxQueued: 2 });

      const calls = [client.ask(question), collected(client.stream(question)), client.ask(question)];
      const refused = await rejection(client.ask(question));
      await clock.runAll();
      await Promise.all(calls);

      expect(refused).toBeInstanceOf(BulkheadFullError);
      expect(engine.log).toEqual(['begins', 'ends: stop', 'begins', 'ends: stop', 'begins', 'ends: stop']);
    });
  });

  describe('given an answer that takes too long', () => {
    it('interrupts it, and asks the next question when the engine has really stopped', async () => {
      const { clock, engine, client } = setUp({ timeoutMs: 1_000, words: ['on', 'and', 'on'], slowFrom: 1 });

      const late = rejection(client.ask(question));
      const next = client.ask(question);
      await clock.advance(1_000);
      const error = await late;
      const between = { running: client.bulkhead.running, log: [...engine.log], interrupts: engine.interrupts };
      engine.slowFrom = Infinity;
      await clock.runAll();

      expect(error).toBeInstanceOf(TimeoutError);
      expect(between).toEqual({ running: 1, log: ['begins'], interrupts: 1 });
      expect(contentOf(await next)).toBe('on and on');
      expect(engine.log).toEqual(['begins', 'ends: abort', 'begins', 'ends: stop']);
      expect(engine.interrupts).toBe(1);
    });
  });

  describe('given a caller that gives up', () => {
    it('interrupts its own answer', async () => {
      const { clock, engine, client } = setUp();
      const gone = new AbortController();
      const reason = new Error('the page was left');

      const call = rejection(client.ask(question, { signal: gone.signal }));
      await clock.advance(150);
      gone.abort(reason);
      await clock.runAll();

      expect(await call).toBe(reason);
      expect(engine.log).toEqual(['begins', 'ends: abort']);
    });

    it('does not interrupt the answer of another one when it was still in line', async () => {
      const { clock, engine, client } = setUp();
      const gone = new AbortController();
      const reason = new Error('the page was left');

      const first = client.ask(question);
      const second = rejection(client.ask(question, { signal: gone.signal }));
      await clock.advance(150);
      gone.abort(reason);
      await clock.runAll();

      expect(await second).toBe(reason);
      expect(contentOf(await first)).toBe('hold fast !');
      expect([engine.log, engine.interrupts]).toEqual([['begins', 'ends: stop'], 0]);
    });
  });

  describe('given a stream that stalls', () => {
    it('ends it for the reader at the limit, interrupts the engine, and the next answer is whole', async () => {
      const { clock, engine, client } = setUp({ idle: 1_000, slowFrom: 2 });

      const stalled = rejection(collected(client.stream(question)));
      await clock.advance(1_200);
      const error = await stalled;
      engine.slowFrom = Infinity;
      const next = collected(client.stream(question));
      await clock.runAll();

      expect(error).toBeInstanceOf(StreamIdleError);
      expect(error).toMatchObject({ limit: 'idle', timeout: 1_000, received: 2 });
      expect(await next).toEqual(['hold', 'fast', '!', '']);
      expect(engine.log).toEqual(['begins', 'ends: abort', 'begins', 'ends: stop']);
      expect(engine.interrupts).toBe(1);
    });

    it('leaves the prompt more time than the words', async () => {
      const { clock, client } = setUp({ firstEvent: 5_000, idle: 1_000, slowFrom: 0 });

      const stalled = rejection(collected(client.stream(question)));
      await clock.runAll();

      expect(await stalled).toMatchObject({ limit: 'firstEvent', timeout: 5_000, received: 0 });
    });
  });

  describe('given a reader that leaves a stream', () => {
    it('interrupts the engine, and the next answer is whole', async () => {
      const { clock, engine, client } = setUp();

      const left = (async () => {
        for await (const { choices } of client.stream(question)) return choices[0]?.delta.content;
        return undefined;
      })();
      await clock.runAll();
      const next = client.ask(question);
      await clock.runAll();

      expect(await left).toBe('hold');
      expect(contentOf(await next)).toBe('hold fast !');
      expect(engine.interrupts).toBe(1);
    });
  });

  describe('given a GPU that was lost', () => {
    it.each(['ask', 'stream'] as const)('loads the model again, and asks once more (%s)', async (way) => {
      const { clock, engine, client } = setUp();
      engine.loaded = false;

      const answer = way === 'ask' ? client.ask(question).then(contentOf) : collected(client.stream(question));
      await clock.runAll();

      expect(await answer).toEqual(way === 'ask' ? 'hold fast !' : ['hold', 'fast', '!', '']);
      expect(engine.log).toEqual(['loads tiny', 'begins', 'ends: stop']);
    });

    it('does not ask again after an error that would come again', async () => {
      const { engine, client } = setUp();
      const broken = Object.assign(new Error('too long a prompt'), { name: 'ContextWindowSizeExceededError' });
      engine.failure = broken;

      const error = await rejection(client.ask(question));

      expect(error).toBe(broken);
      expect(engine.log).toEqual([]);
    });
  });

  describe('given the types of the package', () => {
    it('fits them, the example itself included', () => {
      const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
      const program = ts.createProgram([path('web-llm-types.mts')], {
        module: ts.ModuleKind.ESNext,
        moduleResolution: ts.ModuleResolutionKind.Bundler,
        target: ts.ScriptTarget.ES2022,
        lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.esnext.disposable.d.ts'],
        types: ['node'],
        strict: true,
        noEmit: true,
        allowJs: true,
        checkJs: true,
        skipLibCheck: true,
        allowImportingTsExtensions: true,
        paths: {
          holdfast: [path('../../src/index.ts')],
          'holdfast/stream': [path('../../src/stream/index.ts')],
          // The example lies where no package is installed.
          '@mlc-ai/web-llm': [path('node_modules/@mlc-ai/web-llm')],
        },
      });

      const errors = ts.getPreEmitDiagnostics(program).map(({ messageText, file }) => {
        return `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
      });

      expect(errors).toEqual([]);
    });
  });
});

interface Script {
  readonly words?: readonly string[];
  /** The word from which on the engine takes a minute for each. */
  readonly slowFrom?: number;
}

type Limits = Omit<Parameters<typeof webLlmClient>[1], 'model' | 'clock'>;

function setUp({ words, slowFrom, ...limits }: Script & Limits = {}) {
  const clock = new VirtualClock();
  const engine = new ScriptedEngine(clock, words ?? ['hold', 'fast', '!'], slowFrom ?? Infinity);
  const client = webLlmClient(engine, { model, clock, ...limits });
  return { clock, engine, client };
}

/**
 * Behaves as `MLCEngine` of web-llm 0.2.86 does: one generation at a time, an interrupt is seen between two words and
 * forgotten when the next generation begins, and what was interrupted ends as if it were done, with `abort`.
 */
class ScriptedEngine {
  readonly log: string[] = [];
  readonly chat = { completions: new Completions(this) };
  interrupts = 0;
  loaded = true;
  failure: Error | undefined;
  slowFrom: number;
  readonly #words: readonly string[];
  readonly #sleep: (delay: number) => PromiseLike<unknown>;
  #interrupted = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(clock: Clock, words: readonly string[], slowFrom: number) {
    this.#words = words;
    this.#sleep = sleeperOf(clock);
    this.slowFrom = slowFrom;
  }

  interruptGenerate(): void {
    this.interrupts++;
    this.#interrupted = true;
  }

  async reload(name: string): Promise<void> {
    this.log.push(`loads ${name}`);
    this.loaded = true;
  }

  async chatCompletion({ stream }: { stream?: boolean | null }): Promise<unknown> {
    if (this.failure) throw this.failure;
    if (!this.loaded) throw Object.assign(new Error('Model not loaded'), { name: 'ModelNotLoadedError' });
    if (stream) return this.#generate();
    const read: string[] = [];
    for await (const { choices } of this.#generate()) read.push(choices[0]!.delta.content);
    return { choices: [{ message: { content: read.join(' ').trim() } }] };
  }

  async *#generate() {
    const before = this.#last;
    let free!: () => void;
    this.#last = new Promise<void>((resolve) => (free = resolve));
    await before;
    this.#interrupted = false;
    this.log.push('begins');
    let end = 'abort';
    try {
      for (const [index, content] of this.#words.entries()) {
        if (this.#interrupted) break;
        await this.#sleep(index < this.slowFrom ? 100 : 60_000);
        yield { choices: [{ delta: { content }, finish_reason: null as string | null }] };
      }
      if (!this.#interrupted) end = 'stop';
      yield { choices: [{ delta: { content: '' }, finish_reason: end }] };
    } finally {
      this.log.push(`ends: ${end}`);
      free();
    }
  }
}

/** As that of the package, it has to be called as a method. */
class Completions {
  readonly #engine: ScriptedEngine;

  constructor(engine: ScriptedEngine) {
    this.#engine = engine;
  }

  create(request: { stream?: boolean | null }): Promise<unknown> {
    return this.#engine.chatCompletion(request);
  }
}

function contentOf({ choices }: { choices: { message: { content: string } }[] }): string | undefined {
  return choices[0]?.message.content;
}

async function collected(stream: AsyncIterable<{ choices: { delta: { content: string } }[] }>): Promise<unknown[]> {
  const read: unknown[] = [];
  for await (const { choices } of stream) read.push(choices[0]?.delta.content);
  return read;
}
