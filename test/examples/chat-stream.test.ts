import { describe, expect, it } from 'vitest';
import { ChatError } from '../../docs/examples/chat-failure.mjs';
import { MODEL, startChatServer, type Step } from '../../docs/examples/chat-server.mjs';
import { chatStream, STREAM_LIMITS } from '../../docs/examples/chat-stream.mjs';
import { rejection } from '../rejection.ts';

/** Reads one answer from a server that goes by a script. */
async function read(
  script: readonly Step[],
  model = MODEL,
): Promise<{ words: string[]; error: unknown; log: unknown[]; told: string[] }> {
  const server = await startChatServer(script);
  const told: string[] = [];
  const words: string[] = [];
  const ask = chatStream({
    url: server.url,
    // Longer than a busy machine takes for a word.
    limits: { ...STREAM_LIMITS, firstEvent: 1_500, idle: 1_500, baseDelay: 1, maxAttempts: 2 },
    on: {
      begin: ({ attempt }) => void told.push(`attempt ${attempt}`),
      fail: ({ error }) => void told.push((error as Error).message),
      resume: ({ text }) => void told.push(`resume after ${text}`),
      retry: ({ attempt }) => void told.push(`retry after ${attempt}`),
    },
  });
  const reading = (async () => {
    for await (const word of ask(model, 'How does kelp survive a storm?')) words.push(word);
    return undefined;
  })();
  const error = await reading.catch((thrown: unknown) => thrown);
  const { log } = server;
  await server.close();
  return { words, error, log, told };
}

describe('chatStream()', () => {
  it('gives an answer word by word', async () => {
    expect(await read(['answer'])).toEqual({
      words: ['It ', 'bends, ', 'waits, ', 'and ', 'holds ', 'on.'],
      error: undefined,
      log: ['answer'],
      told: ['attempt 1'],
    });
  });

  it('begins anew where no word comes, and goes on where some have come', async () => {
    const { words, error, log, told } = await read(['stall', 'falter', 'answer']);

    expect([words.join(''), error, log]).toEqual([
      'It bends, waits, and holds on.',
      undefined,
      ['stall', 'falter', 'answer'],
    ]);
    expect(told).toEqual([
      'attempt 1',
      'Stream stalled after 0 events: firstEvent limit of 1500 ms',
      'retry after 1',
      'attempt 2',
      'Stream stalled after 2 events: idle limit of 1500 ms',
      'retry after 1',
      'resume after It bends, ',
    ]);
  });

  it('gives up on a server that never begins', async () => {
    const { words, error, log } = await read(['stall', 'stall']);

    expect([words, (error as Error).name, log]).toEqual([[], 'StreamIdleError', ['stall', 'stall']]);
  });

  it('does not ask twice for a model that does not exist', async () => {
    const { error, told } = await read([], 'none');

    expect(error).toEqual(new ChatError('the model "none" does not exist', 404));
    expect(told).toEqual(['attempt 1']);
  });

  it('sees an error that comes as an event', async () => {
    const { createServer } = await import('node:http');
    const server = createServer((_request, response) =>
      response.writeHead(200).end('data: {"error":{"message":"out of memory","code":400}}\n\n'),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };

    const words = chatStream({ url: `http://127.0.0.1:${port}/v1` })(MODEL, 'Hello?');

    expect(await rejection(words.next())).toEqual(new ChatError('out of memory', 400));
    server.close();
  });
});
