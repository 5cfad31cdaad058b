import * as core from 'holdfast';
import * as http from 'holdfast/http';
import * as stream from 'holdfast/stream';
import OpenAI from 'openai';
import { describe, expect, it } from 'vitest';
import { CALLS } from './openai-call-scenarios.ts';
import { observe } from './openai-scenarios.ts';
import { STREAMS } from './openai-stream-scenarios.ts';
import { TRAPS } from './openai-traps.ts';

const packages = { OpenAI, core, http, stream };
const scenarios = [...CALLS, ...STREAMS, ...TRAPS];

describe('the openai package', () => {
  describe.each([...new Set(scenarios.map(({ given }) => given))])('given %s', (given) => {
    it.each(scenarios.filter((each) => each.given === given).map((each) => [each.it, each] as const))(
      '%s',
      async (_, scenario) => {
        const seen = await observe(scenario, packages);

        expect(seen).toEqual(scenario.sees);
      },
    );
  });
});
