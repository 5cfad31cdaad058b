// What the client makes of the types of the package. Under `moduleResolution: nodenext` the package's own imports do not
// resolve, and most of its types are `any`; so the test compiles this file alone, as bundlers resolve. Its ending keeps
// it out of the tests' `include`.
import type { ChatCompletion, ChatCompletionChunk, MLCEngineInterface } from '@mlc-ai/web-llm';
import { webLlmClient } from '../../docs/examples/web-llm-client.mjs';

export async function fits(engine: MLCEngineInterface): Promise<void> {
  const client = webLlmClient(engine, { model: 'Llama-3.2-1B-Instruct-q4f16_1-MLC' });
  const question = { messages: [{ role: 'user' as const, content: 'Hello?' }] };

  const answer: ChatCompletion = await client.ask(question);
  const content: string | null | undefined = answer.choices[0]?.message.content;
  const stream: AsyncIterable<ChatCompletionChunk> = client.stream(question);
  for await (const { choices } of stream) void [content, choices[0]?.delta.content];

  // @ts-expect-error -- the types are there, so a wrong question is one
  void client.ask({ messages: 'Hello?' });
}
