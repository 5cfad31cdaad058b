import type { ClientOptions, OpenAI } from 'openai';
import type { GuardFetchOptions } from 'holdfast/http';
import { startModelServer, type ModelServer, type Step } from './model-server.ts';

/** The packages that meet: a version of the client, and the library, from its sources or built. */
export interface Packages {
  readonly OpenAI: new (options: ClientOptions) => OpenAI;
  readonly core: typeof import('holdfast');
  readonly http: typeof import('holdfast/http');
  readonly stream: typeof import('holdfast/stream');
}

/** What a scenario works with. */
export interface Bench extends Packages {
  /** Starts the server, which is closed when the scenario is over. */
  start(...script: readonly Step[]): Promise<ModelServer>;
  /** A client of that server, without retries of its own; those of its fetch do not really wait. */
  client(options?: GuardFetchOptions, own?: ClientOptions): OpenAI;
  /** What the fetch of the clients would have waited. */
  readonly delays: number[];
}

/** What is done, and what is seen then, as JSON has it. */
export interface Scenario {
  readonly given: string;
  readonly it: string;
  readonly run: (bench: Bench) => Promise<unknown>;
  readonly sees: unknown;
  /** By the newest major of the client · default: the same. */
  readonly newestSees?: unknown;
}

/** A question, without an answer yet. */
export const QUESTION = { model: 'kelp-1', messages: [{ role: 'user' as const, content: 'Hello?' }] };

/** Asks it. */
export async function ask(client: OpenAI, options?: OpenAI.RequestOptions): Promise<string | null | undefined> {
  return (await client.chat.completions.create(QUESTION, options)).choices[0]?.message.content;
}

/** An error of the client, and the one in it. */
export function said(error: unknown): unknown {
  const { name, code, cause, status } = error as Error & { code?: unknown; status?: number };
  // The errors of the client have one name in common.
  const what = { error: name === 'Error' ? (error as Error).constructor.name : name, ...(status && { status }) };
  return { ...what, ...(typeof code === 'string' && { code }), ...(cause instanceof Error && { cause: said(cause) }) };
}

/** Runs one, and cleans up. */
export async function observe({ run }: Scenario, packages: Packages): Promise<unknown> {
  const delays: number[] = [];
  const sleep = async (ms: number): Promise<void> => void delays.push(ms);
  let server: ModelServer | undefined;
  try {
    return await run({
      ...packages,
      start: async (...script) => (server = await startModelServer(...script)),
      client: ({ retry, ...options } = {}, own) =>
        new packages.OpenAI({
          baseURL: server?.url,
          apiKey: 'x',
          maxRetries: 0,
          fetch: packages.http.guardFetch({
            retryUnsafe: true,
            retry: retry ?? { baseDelay: 10, backoff: packages.core.constant(), sleep },
            random: () => 0,
            ...options,
          }),
          ...own,
        }),
      delays,
    });
  } finally {
    await server?.close();
  }
}

/** Waits until it holds, for at most 5 s. */
export async function until(holds: () => boolean): Promise<boolean> {
  for (let turn = 0; turn < 1_000 && !holds(); turn++) await new Promise((resolve) => setTimeout(resolve, 5));
  return holds();
}
