// oxlint-disable unicorn/no-thenable -- a call may return any thenable
import { describe, expect, it } from 'vitest';
import type { Policy } from 'holdfast';
import { simulate, type Scenario } from 'holdfast/simulator';
import { foreignPolicy } from '../../src/simulator/foreign-policy.ts';
import { rejection } from '../rejection.ts';
import { wrongArgument } from '../wrong-argument.ts';

const returning = (value: unknown): Policy => ({ execute: () => value as never });
const service = { workers: 1, serviceTime: { kind: 'constant', mean: 5 } } as const;
const scenario: Scenario = {
  duration: 5_000,
  clients: [{ count: 1, arrivals: { kind: 'constant', rate: 1 }, calls: 'api' }],
  services: { api: { ...service, calls: 'db' }, db: service },
};

describe('foreignPolicy()', () => {
  it('calls the policy as it is, and gives what it returns', () => {
    const seen: unknown[] = [];
    const policy = {
      execute(...given: unknown[]) {
        seen.push(this, ...given);
        return answer;
      },
    };
    const answer = Promise.resolve('done');
    const fn = (): number => 1;
    const options = {};

    const given = foreignPolicy(policy as never, 'clients[0]').execute(fn, options);

    expect([given === answer, seen]).toEqual([true, [policy, fn, options]]);
  });

  it('takes any thenable for a promise', () => {
    const thenable = { then: () => {} };

    expect(foreignPolicy(returning(thenable), 'clients[0]').execute(() => 1)).toBe(thenable);
  });

  it.each([
    [undefined, 'undefined'],
    [null, 'null'],
    ['done', '"done"'],
    [{ then: 'soon' }, 'a value of type object'],
  ])('refuses one whose execute returns no promise (%#)', (value, shown) => {
    const says = `Cannot simulate: expected execute of clients[0].policy to return a promise, got ${shown}`;

    expect(() => foreignPolicy(returning(value), 'clients[0]').execute(() => 1)).toThrow(
      wrongArgument(TypeError, says),
    );
  });

  it('stands around the policies of clients and of services', async () => {
    const policy = (): Policy => returning(undefined);
    const [group] = scenario.clients;
    const { api } = scenario.services;

    const errors = await Promise.all(
      [
        { ...scenario, clients: [{ ...group!, policy }] },
        { ...scenario, clients: [{ ...group!, policy, shared: true }] },
        { ...scenario, services: { ...scenario.services, api: { ...api!, policy } } },
      ].map((wrong) => rejection(simulate(wrong))),
    );

    expect(errors.map((error) => (error as Error).message)).toEqual(
      ['clients[0]', 'clients[0]', 'services.api'].map(
        (path) => `Cannot simulate: expected execute of ${path}.policy to return a promise, got undefined`,
      ),
    );
  });
});
