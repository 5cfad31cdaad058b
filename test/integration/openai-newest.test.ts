import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { CALLS } from './openai-call-scenarios.ts';
import { STREAMS } from './openai-stream-scenarios.ts';
import { TRAPS } from './openai-traps.ts';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const node = path('node_modules/node24/bin/node');
const scenarios = [...CALLS, ...STREAMS, ...TRAPS];

/** One entry for each scenario. */
let seen: unknown[];

describe.skipIf(!existsSync(node))('the newest openai package, with the built library on a newer Node', () => {
  beforeAll(async () => {
    const { stdout } = await promisify(execFile)(node, [path('openai-newest.mjs')]);
    seen = JSON.parse(stdout) as unknown[];
  });

  it.each(scenarios.map((each, at) => [each.given, each.it, at] as const))('given %s, %s', (_given, _it, at) => {
    const { sees, newestSees = sees } = scenarios[at]!;

    expect(seen[at]).toEqual(newestSees);
  });
});
