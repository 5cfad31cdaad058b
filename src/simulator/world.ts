import { invalid, policyKind } from '../base/check.ts';
import { layersOf } from '../base/layers.ts';
import type { Policy } from '../base/policy.ts';
import { pipeline } from '../index.ts';
import { arrivals } from './arrivals.ts';
import { BreakerWatch } from './breaker-watch.ts';
import type { CheckedScenario } from './check-scenario.ts';
import { Client } from './client.ts';
import { conditions } from './conditions.ts';
import type { Settling } from './drive.ts';
import { EventQueue } from './event-queue.ts';
import { foreignPolicy } from './foreign-policy.ts';
import { policyTools } from './policy-tools.ts';
import { pulse as newPulse, type Pulse } from './pulse.ts';
import { randomStreams } from './random-streams.ts';
import { Recorder } from './recorder.ts';
import type { PolicyMaker } from './scenario.ts';
import { Server } from './server.ts';
import { settlesQuickly } from './settles-quickly.ts';

/** Everything that a scenario names, ready to go. */
export interface World {
  readonly queue: EventQueue;
  readonly pulse: Pulse;
  readonly recorder: Recorder;
  readonly servers: { readonly [name: string]: Server };
  readonly watch: BreakerWatch;
  /** Whether all policies are such that promises need not be waited for by a turn of the event loop. */
  readonly settling: Settling;
}

/**
 * Builds what a scenario describes.
 *
 * @throws `TypeError` where the maker of a policy returns none.
 */
export function world({ seed, clients, services, triggers }: CheckedScenario): World {
  const queue = new EventQueue();
  const pulse = newPulse();
  const recorder = new Recorder();
  const streams = randomStreams(seed);
  const toolsOf = policyTools(queue, pulse);
  const policies = new Set<Policy<unknown>>();
  let settling: Settling = 'quick';

  /** @param path of what it guards, in the scenario. */
  const made = (make: PolicyMaker | undefined, name: string, path: string): Policy<unknown> => {
    const tools = toolsOf(streams(`policy ${name}`));
    const policy = make ? make(tools) : pipeline();
    if (!policyKind[1](policy as never)) throw invalid('simulate', `${path}.policy to return a policy`, policy);
    policies.add(policy);
    if (!settlesQuickly(policy, tools.sleep)) settling = 'exact';
    return layersOf(policy) ? policy : foreignPolicy(policy, path);
  };

  // Without a prototype, so that a name such as "__proto__" is one like any other.
  const servers = Object.create(null) as { [name: string]: Server };
  for (const [name, service] of Object.entries(services)) {
    const touching = triggers.filter((each) => each.kind !== 'surge' && (each.service ?? name) === name);
    servers[name] = new Server(name, service, conditions(touching), { queue, pulse, streams });
  }
  for (const [name, { calls, policy }] of Object.entries(services)) {
    if (calls)
      servers[name]!.connect(
        calls.map((called) => servers[called]!),
        made(policy, `of ${name}`, `services.${name}`),
      );
  }
  for (const [place, group] of clients.entries()) {
    const { name, count, arrivals: process, calls, policy, shared, patience = Infinity } = group;
    const path = `clients[${place}]`;
    const surges = conditions(triggers.filter((each) => each.kind === 'surge' && (each.group ?? name) === name));
    const common = shared ? made(policy, name, path) : undefined;
    for (let index = 0; index < count; index++) {
      const parts = {
        arrivals: arrivals(process, surges, streams(`arrivals ${name} ${index}`)),
        services: calls.map((called) => servers[called]!),
        policy: common ?? made(policy, `${name} ${index}`, path),
        patience,
      };
      // It plans its own calls from here on.
      void new Client(parts, { queue, pulse, recorder });
    }
  }
  return { queue, pulse, recorder, servers, watch: new BreakerWatch(policies), settling };
}
