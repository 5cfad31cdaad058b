import { constant } from 'holdfast';
import { guardFetch } from 'holdfast/http';
import { describe, expect, it } from 'vitest';
import { LIMITS, meet, readAll, SCENARIOS, type Client, type Scenario, type Verdict } from './fault-scenarios.ts';

const { attempts: maxAttempts, delay: baseDelay, maxRetryAfter } = LIMITS;

/** As long as a busy machine may take; where it has to run out, or is a limit between two pieces, less than all takes. */
const patienceFor = ({ name }: Scenario): number => (/^(silence|slow)/.test(name) ? 750 : 10_000);

function guarded(patience: number): Client {
  const retry = { maxAttempts, baseDelay, backoff: constant(), maxRetryAfter };
  return readAll(guardFetch({ attemptTimeout: patience, bodyIdle: patience, retry }));
}

/** What is to be right, whatever the number of calls. */
const RIGHT: Partial<Verdict> = { forbidden: [], wrong: [], hangs: false };

describe('guardFetch()', () => {
  describe.concurrent('given the faults of the table', () => {
    it.each(SCENARIOS)('does nothing forbidden, nothing wrong, and settles: $name', async (scenario) => {
      const verdict = await meet(scenario, guarded(patienceFor(scenario)));

      expect(verdict).toMatchObject(RIGHT);
      if (scenario.end === 'answer') expect(verdict.answered).toBe(true);
    });
  });
});

describe('the table', () => {
  it('has at least twenty faults, each with a name of its own', () => {
    const names = new Set(SCENARIOS.map(({ name }) => name));

    expect([names.size >= 20, names.size]).toEqual([true, SCENARIOS.length]);
  });

  describe.concurrent('given a client that does what must not be done', () => {
    const named = (name: string) => SCENARIOS.find((scenario) => scenario.name === name)!;
    const stubborn: Client = async (url, { body, ...ask }) => {
      const again = async (left: number): Promise<Response> => {
        const sent = left < 2 ? {} : { body: body as string };
        const response = await fetch(url, { ...ask, ...sent, signal: null }).catch(() => Response.error());
        return response.ok || !left ? response : again(left - 1);
      };
      const response = await again(2);
      return { status: response.status || 599, text: await response.text() };
    };

    it.each([
      ['400', ['after a 400']],
      ['500: POST', ['its body is empty', 'a POST that the server had received before']],
      ['503, then 200: PUT of a string', ['its body is empty']],
      ['429, `Retry-After: 1`', ['before the time that the server had asked for']],
      ['cut after the request was received: POST', ['its body is empty', 'a POST that the server had received before']],
    ])('sees what is forbidden: %s', async (name, forbidden) => {
      const verdict = await meet(named(name), stubborn);

      expect(verdict).toMatchObject({ calls: 2, forbidden, wrong: [], hangs: false });
    });

    it.each([
      [
        '503, then 200: GET',
        () => Promise.resolve({ status: 200, text: '{"is"' }),
        'a part of the answer, as if it were all',
      ],
      ['503, then 200: GET', () => Promise.resolve({ status: 200, text: 'kelp' }), 'another answer'],
      ['404', () => Promise.resolve({ status: 200, text: '{"is":"ok"}' }), 'an answer where there can be none'],
      ['slow, but alive: GET', () => Promise.reject(new Error('impatient')), 'given up though it was alive'],
    ])('sees a wrong result: %s', async (name, client, wrong) => {
      const verdict = await meet(named(name), client);

      expect(verdict).toMatchObject({ calls: 0, forbidden: [], wrong: [wrong], hangs: false });
    });

    it('sees a client that hangs', async () => {
      const verdict = await meet(named('503, `Retry-After: 3600`'), () => new Promise(() => {}));

      expect(verdict).toMatchObject({ answered: false, wrong: [], hangs: true });
    });
  });
});
