// Lets the newest openai package, which wants a newer Node than the tests run on, go through the scenarios with the built
// library. Prints what was seen, as JSON, in their order. HOLDFAST_DIST names another folder with the built package.
import { pathToFileURL } from 'node:url';
import OpenAI from 'openai7';
import { CALLS } from './openai-call-scenarios.ts';
import { observe } from './openai-scenarios.ts';
import { STREAMS } from './openai-stream-scenarios.ts';
import { TRAPS } from './openai-traps.ts';

const { HOLDFAST_DIST } = process.env;
const dist = HOLDFAST_DIST ? pathToFileURL(`${HOLDFAST_DIST}/`) : new URL('../../dist/', import.meta.url);
const [core, http, stream] = await Promise.all(
  ['index.js', 'http.js', 'stream.js'].map((file) => import(new URL(file, dist))),
);

const seen = [];
for (const scenario of [...CALLS, ...STREAMS, ...TRAPS]) {
  seen.push(await observe(scenario, { OpenAI, core, http, stream }).catch((error) => String(error)));
}
console.log(JSON.stringify(seen));
