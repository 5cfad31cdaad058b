import { describe, expect, it } from 'vitest';
import { pipeline, type Policy } from 'holdfast';
import { checkScenario } from '../../src/simulator/check-scenario.ts';
import { wrongArgument } from '../wrong-argument.ts';

const service = { workers: 1, serviceTime: { kind: 'constant', mean: 5 } };
const group = { count: 1, arrivals: { kind: 'poisson', rate: 1 }, calls: 'api' };
const scenario = { duration: 1_000, clients: [group], services: { api: service } };
const check = (changes: object): ReturnType<typeof checkScenario> =>
  checkScenario({ ...scenario, ...changes } as never, 'simulate');

const outage = (at: number, duration: number): object => ({ kind: 'outage', at, duration });

describe('checkScenario()', () => {
  it('fills the defaults in', () => {
    const { seed, interval, recoverWithin, triggers, clients, policies } = check({});

    expect({ seed, interval, recoverWithin, triggers, clients, policies }).toEqual({
      seed: 1,
      interval: 1_000,
      recoverWithin: 20_000,
      triggers: [],
      clients: [{ ...group, name: 'clients[0]', calls: ['api'] }],
      policies: {},
    });
  });

  it('takes policies as functions and as data', () => {
    const make = (): Policy => pipeline();

    const { clients } = check({
      clients: [
        { ...group, policy: make },
        { ...group, policy: 'standard' },
      ],
    });

    expect([clients[0]!.policy, typeof clients[1]!.policy]).toEqual([make, 'function']);
  });

  const api = { api: service };
  it.each([
    [null, TypeError, 'the document to be an object, got null'],
    [
      { clients: [{ ...group, arivals: 5 }] },
      TypeError,
      'a known option (did you mean clients[0].arrivals?), got "clients[0].arivals"',
    ],
    [{ clients: [] }, TypeError, 'clients to be a list of at least 1, got a value of type object'],
    [
      { clients: [{ ...group, count: 100_001 }] },
      RangeError,
      'clients[0].count to be an integer from 1 to 100000, got 100001',
    ],
    [
      { clients: Array.from({ length: 3 }, () => ({ ...group, count: 50_000 })) },
      RangeError,
      'at most 100000 clients, got 150000',
    ],
    [{ clients: [{ ...group, count: 100_000 }], duration: 2e6 }, RangeError, 'at most 100000000 calls, got 200000000'],
    [{ clients: [{ ...group, calls: 'apy' }] }, RangeError, 'clients[0].calls to be one of api, got "apy"'],
    [
      { clients: [{ ...group, arrivals: { kind: 'bursts', size: 1e9, every: 1 } }] },
      RangeError,
      'at most 100000000 calls, got 1000000000000',
    ],
    [{ interval: 0.01 }, RangeError, 'interval to be at least a ten-thousandth of the duration, got 0.01'],
    [
      { duration: 0 },
      RangeError,
      'duration to be a duration above 0: a number of ms, or a text such as "100ms", "1.5s", "2m", "1h" or "PT1M30S", got 0',
    ],
    [{ seed: -1 }, RangeError, 'seed to be an integer from 0 to 4294967295, got -1'],
    [{ services: {} }, TypeError, 'services to be an object with at least 1 of them, got a value of type object'],
    [{ services: { api: { ...service, calls: 'db' } } }, RangeError, 'services.api.calls to be one of api, got "db"'],
    [
      { services: { api: { ...service, calls: ['api'] } } },
      RangeError,
      'services.api not to be called by what it calls, got "api"',
    ],
    [
      { services: { ...api, a: { ...service, calls: 'b' }, b: { ...service, calls: 'a' } } },
      RangeError,
      'services.a not to be called by what it calls, got "b"',
    ],
    [
      { triggers: [{ kind: 'outage', at: 0, duration: 5, service: 'db' }] },
      RangeError,
      'triggers[0].service to be one of api, got "db"',
    ],
    [
      { triggers: [{ kind: 'surge', at: 0, duration: 5, factor: 2, group: 'web' }] },
      RangeError,
      'triggers[0].group to be one of clients[0], got "web"',
    ],
    [
      { triggers: [outage(0, 999), outage(1_000, 0)] },
      RangeError,
      'triggers[1].at to be less than 1000, so that it is over before the run, got 1000',
    ],
    [
      { triggers: [outage(400, 600)] },
      RangeError,
      'triggers[0].duration to be less than 600, so that it is over before the run, got 600',
    ],
    [
      { triggers: [outage(400, Infinity)] },
      RangeError,
      'triggers[0].duration to be a duration: a number of ms, or a text such as "100ms", "1.5s", "2m", "1h" or "PT1M30S", got Infinity',
    ],
    [
      { services: { api: { ...service, queue: { order: 'filo' } } } },
      TypeError,
      'services.api.queue.order to be "fifo" or "lifo", got "filo"',
    ],
    [
      { services: { api: { ...service, queue: { limit: 0.5 } } } },
      RangeError,
      'services.api.queue.limit to be an integer ≥ 0, or "Infinity", got 0.5',
    ],
  ])('refuses what cannot be simulated, and says where (%#)', (changes, Class, message) => {
    const run = (): unknown => (changes ? check(changes) : checkScenario(null as never, 'simulate'));

    expect(run).toThrow(wrongArgument(Class, `Cannot simulate: expected ${message}`));
    expect(run).toThrow(Class);
  });

  it('takes a trigger that is over just before the run is', () => {
    expect(check({ triggers: [outage(400, 599), outage(999, 0)] }).triggers).toHaveLength(2);
  });

  it('refuses a circle that a service leads to without being in it', () => {
    const services = {
      ...api,
      z: { ...service, calls: 'a' },
      a: { ...service, calls: 'b' },
      b: { ...service, calls: 'a' },
    };

    expect(() => check({ services })).toThrow(/not to be called by what it calls/);
  });

  it('takes services that several others call, in a time that does not explode', () => {
    const names = Array.from({ length: 60 }, (_, index) => `s${index}`);
    const services = Object.fromEntries(
      names.map((name, index) => [
        name,
        { ...service, ...(index < 58 && { calls: [`s${index + 1}`, `s${index + 2}`] }) },
      ]),
    );

    const checked = check({ services, clients: [{ ...group, calls: 's0' }] });

    expect(Object.keys(checked.services).length).toBe(60);
  });
});
