// The clients of the fault table, each told the same limits by the options that it has.
import { createRequire } from 'node:module';
import { Readable } from 'node:stream';
import axios from 'axios';
import axiosRetry from 'axios-retry';
import got from 'got';
import ky from 'ky';
import OpenAI from 'openai';
import * as undici from 'undici';

/** @typedef {import('./fault-scenarios.ts').Client} Client */
/** @typedef {typeof import('./fault-scenarios.ts').LIMITS} Limits */

const require = createRequire(import.meta.url);
const versionOf = (name) => {
  const path = require.resolve(name);
  const home = path.slice(0, path.lastIndexOf(`node_modules/${name}/`));
  return require(`${home}node_modules/${name}/package.json`).version;
};

/** What most take for a body. A Node client wants a Node stream. */
const nodeBody = (body) => (body instanceof ReadableStream ? Readable.fromWeb(body) : body);

/** A form of the package's own class, which is not that of Node. */
function undiciForm(form) {
  const own = new undici.FormData();
  for (const [name, value] of form) own.append(name, value);
  return own;
}

/**
 * @param {Limits} limits
 * @param {(fetch: typeof globalThis.fetch) => Client} readAll makes a client of a function like `fetch`.
 * @returns {{ name: string, version: string, client: () => Client }[]}
 */
export function peers({ attempts, patience, delay, maxRetryAfter }, readAll) {
  const retries = attempts - 1;
  return [
    { name: 'fetch', version: `Node ${process.versions.node}`, client: () => readAll(fetch) },
    {
      name: 'ky',
      version: versionOf('ky'),
      client() {
        const own = ky.create({ timeout: patience, retry: { limit: retries, delay: () => delay, maxRetryAfter } });
        return readAll(own);
      },
    },
    {
      name: 'got',
      version: versionOf('got'),
      client() {
        const own = got.extend({
          timeout: { response: patience, socket: patience },
          retry: { limit: retries, backoffLimit: delay, noise: 0, maxRetryAfter },
        });
        return async (url, { body, ...rest }) => {
          const { statusCode, body: text } = await own(url, { ...rest, ...(body && { body: nodeBody(body) }) });
          return { status: statusCode, text };
        };
      },
    },
    {
      name: 'axios + axios-retry',
      version: `${versionOf('axios')} + ${versionOf('axios-retry')}`,
      client() {
        const own = axios.create({ timeout: patience, responseType: 'text', transformResponse: (text) => text });
        axiosRetry(own, { retries, retryDelay: axiosRetry.linearDelay(delay), shouldResetTimeout: true });
        return async (url, { body, ...rest }) => {
          // A stream can be sent only without redirects.
          const sent = body && { data: nodeBody(body), ...(body instanceof ReadableStream && { maxRedirects: 0 }) };
          const { status, data } = await own({ url, ...rest, ...sent });
          return { status, text: data };
        };
      },
    },
    {
      name: 'undici, `interceptors.retry`',
      version: versionOf('undici'),
      client() {
        const agent = new undici.Agent({ headersTimeout: patience, bodyTimeout: patience });
        const retry = undici.interceptors.retry({ maxRetries: retries, minTimeout: delay, timeoutFactor: 1 });
        const dispatcher = agent.compose(retry);
        return async (url, { body, ...rest }) => {
          const sent = body instanceof FormData ? undiciForm(body) : nodeBody(body);
          const response = await undici.request(url, { ...rest, ...(body && { body: sent }), dispatcher });
          return { status: response.statusCode, text: await response.body.text() };
        };
      },
    },
    {
      name: 'openai',
      version: versionOf('openai'),
      client() {
        const settings = { apiKey: 'none', timeout: patience, maxRetries: retries, logLevel: 'off' };
        return async (url, { method, body, headers, signal }) => {
          const { origin, pathname } = new URL(url);
          const own = new OpenAI({ ...settings, baseURL: origin });
          const text = await own[method.toLowerCase()](pathname, { body, headers, signal });
          return { status: 200, text };
        };
      },
    },
  ];
}
