import { describe, expect, it } from 'vitest';
import { standard, type Policy } from 'holdfast';
import { checkScenario } from '../../src/simulator/check-scenario.ts';
import type { ClientGroup, Scenario } from '../../src/simulator/scenario.ts';
import { world } from '../../src/simulator/world.ts';
import { wrongArgument } from '../wrong-argument.ts';

const service = { workers: 1, serviceTime: { kind: 'constant', mean: 5 } } as const;
const group = (changes: Partial<ClientGroup>): ClientGroup => ({
  count: 3,
  arrivals: { kind: 'poisson', rate: 1 },
  calls: 'api',
  ...changes,
});
const built = (scenario: Partial<Scenario>): ReturnType<typeof world> =>
  world(checkScenario({ duration: 1_000, clients: [group({})], services: { api: service }, ...scenario }, 'simulate'));

describe('world()', () => {
  it('makes one policy for each client, or one for all that share it', () => {
    let made = 0;
    const policy = (): Policy => (made++, standard());

    built({ clients: [group({ policy })] });
    const own = made;
    built({ clients: [group({ policy, shared: true })] });

    expect([own, made]).toEqual([3, 4]);
  });

  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    [3, '3'],
    [Promise.resolve(standard()), 'a value of type object'],
    [{ execute: 'soon' }, 'a value of type object'],
  ])('refuses a policy maker that returns no policy (%#)', (returned, shown) => {
    const policy = (): Policy => returned as never;
    const refuses = (path: string): Error =>
      wrongArgument(TypeError, `Cannot simulate: expected ${path}.policy to return a policy, got ${shown}`);

    expect(() => built({ clients: [group({}), group({ name: 'web', policy })] })).toThrow(refuses('clients[1]'));
    expect(() => built({ clients: [group({ shared: true, policy })] })).toThrow(refuses('clients[0]'));
    expect(() => built({ services: { api: { ...service, calls: 'db', policy }, db: service } })).toThrow(
      refuses('services.api'),
    );
  });

  it('gives every client an arrival to begin with, and watches all breakers', () => {
    const { queue, watch } = built({ clients: [group({ policy: 'standard' }), group({ name: 'other' })] });

    expect([queue.pending, watch.counts()]).toEqual([6, { closed: 3, open: 0, halfOpen: 0 }]);
  });

  it('settles exactly where a policy is not ours', () => {
    const elsewhere: Policy = { execute: async (fn) => fn({} as never) };

    expect([built({}).settling, built({ clients: [group({ policy: () => elsewhere })] }).settling]).toEqual([
      'quick',
      'exact',
    ]);
  });

  it('takes a service of the name "__proto__" for one like any other', () => {
    const services = Object.fromEntries([
      ['api', { ...service, calls: '__proto__' }],
      ['__proto__', service],
    ]);

    const { servers } = built({ services });

    expect(Object.keys(servers)).toEqual(['api', '__proto__']);
  });

  it('connects services with those that they call, under their own policy', () => {
    const services = { api: { ...service, calls: 'db', policy: 'standard' }, db: service } as const;

    const { watch, servers } = built({ services });

    expect([watch.counts().closed, Object.keys(servers)]).toEqual([1, ['api', 'db']]);
  });

  it('lets a trigger touch the service or the group that it names, or all', () => {
    const triggers = [
      { kind: 'outage', at: 10, duration: 5, service: 'db' },
      { kind: 'surge', at: 0, duration: 500, factor: 0, group: 'web' },
    ] as const;
    const clients = [group({ name: 'web', arrivals: { kind: 'constant', rate: 10 } }), group({ count: 1 })];

    const { queue } = built({ services: { api: service, db: service }, triggers, clients });
    const times = Array.from({ length: 6 }, () => queue.next(2_000)?.at ?? -1);

    // The two edges of the outage at db; the clients of the group only after the surge that is none.
    expect(times.slice(0, 2)).toEqual([10, 15]);
    expect(times.slice(2, 5).every((time) => time > 500 && time < 600)).toBe(true);
  });
});
