import { describe, expect, it } from 'vitest';
import { scenarioFrom, simulate, type Scenario } from 'holdfast/simulator';
import { retry, systemClock } from 'holdfast';
import { scenarioDocument } from '../../src/simulator/scenario-from.ts';

const document = {
  $schema: 'https://example.test/scenario.schema.json',
  version: 1,
  seed: 3,
  duration: '30s',
  interval: '500ms',
  clients: [
    {
      name: 'web',
      count: 5,
      arrivals: { kind: 'poisson', rate: 4 },
      calls: 'api',
      policy: { kind: 'retry', maxAttempts: 2, baseDelay: '20ms', retryAfter: { function: 'retryAfter' } },
    },
  ],
  services: {
    api: {
      workers: 3,
      serviceTime: { kind: 'exponential', mean: '50ms' },
      errorRate: 0.1,
      rateLimit: { limit: 15, interval: '1s' },
      queue: { limit: 'Infinity' },
    },
  },
  triggers: [{ kind: 'slowdown', at: '10s', duration: 'PT2S', factor: 2 }],
  policies: { standard: 'standard' },
};

const byHand: Scenario = {
  seed: 3,
  duration: 30_000,
  interval: 500,
  clients: [
    {
      name: 'web',
      count: 5,
      arrivals: { kind: 'poisson', rate: 4 },
      calls: 'api',
      policy: ({ clock, random, sleep }) =>
        retry({
          maxAttempts: 2,
          baseDelay: 20,
          clock,
          random,
          sleep,
          retryAfter: ({ error }) => (error as { retryAfter?: number }).retryAfter,
        }),
    },
  ],
  services: {
    api: {
      workers: 3,
      serviceTime: { kind: 'exponential', mean: 50 },
      errorRate: 0.1,
      rateLimit: { limit: 15, interval: 1_000 },
    },
  },
  triggers: [{ kind: 'slowdown', at: 10_000, duration: 2_000, factor: 2 }],
};

describe('scenarioFrom()', () => {
  it('gives the scenario that is written by hand: both are simulated byte by byte the same', async () => {
    const [read, written] = [await simulate(scenarioFrom(document)), await simulate(byHand)];

    expect(JSON.stringify(read)).toBe(JSON.stringify(written));
    expect(read.totals.services['api']!.refused).toBeGreaterThan(0);
  });

  it('has the policies to be compared', () => {
    const { policies } = scenarioFrom(document);

    expect(Object.entries(policies!).map(([name, policy]) => [name, typeof policy])).toEqual([
      ['standard', 'function'],
    ]);
  });

  it('looks functions up among those that are handed in', () => {
    const policy = { kind: 'retry', isRetryable: { function: 'mine' } };
    const own = { ...document, clients: [{ ...document.clients[0], policy }] };

    expect(() => scenarioFrom(own)).toThrow(/clients\[0\].policy.isRetryable.*functions.mine to be a function/);
    expect(scenarioFrom(own, { functions: { mine: () => true } }).duration).toBe(30_000);
  });

  it.each([
    [undefined, /the document to be JSON/],
    [[], /the document to be an object/],
    [{ ...document, version: 2 }, /version to be 1, got 2/],
    [{ ...document, duraton: 5 }, /did you mean duration\?/],
    [{ ...document, duration: 'soon' }, /duration to be a duration above 0/],
    [{ ...document, clients: [{ ...document.clients[0], policy: () => {} }] }, /clients\[0\].policy to be JSON/],
    [
      {
        ...document,
        services: { api: { ...document.services.api, serviceTime: { kind: 'log-normal', mean: 1, p99: 15 } } },
      },
      /services.api.serviceTime: .*p99 to be from 1 to 14 times the mean, got 15/,
    ],
    [
      {
        ...document,
        services: { api: { ...document.services.api, serviceTime: { kind: 'log-normal', mean: 2, p99: 1 } } },
      },
      /p99 to be from 1/,
    ],
    [{ ...document, clients: [{ ...document.clients[0], calls: 'db' }] }, /clients\[0\].calls to be one of api/],
    [JSON.parse('{"version":1,"__proto__":{}}'), /no key "__proto__"/],
  ])('refuses what is no scenario, and says where (%#)', (json, message) => {
    expect(() => scenarioFrom(json)).toThrow(message);
  });

  it.each([null, 'abc', { functions: null }, { functions: [1] }, { functions: 'abc' }, { clock: systemClock }])(
    'refuses wrong options (%#)',
    (options) => {
      expect(() => scenarioFrom(document, options as never)).toThrow(
        /^Cannot read a scenario: expected ((options|functions) to be an object|a known option)/,
      );
    },
  );
});

describe('scenarioDocument()', () => {
  it('needs a version besides what a scenario needs', () => {
    expect(scenarioDocument().required).toEqual(['version', 'duration', 'clients', 'services']);
  });
});
