import { abortSignal, handlers, readOptions, type OptionKind } from '../base/check.ts';
import { notify } from '../base/observe.ts';
import { beyondBounds } from './beyond-bounds.ts';
import { checkScenario } from './check-scenario.ts';
import { drive, type Settling } from './drive.ts';
import type { Gauges } from './recorder.ts';
import { recovery } from './recovery.ts';
import type { Scenario } from './scenario.ts';
import type { Server } from './server.ts';
import type { SimulationResult } from './simulation-result.ts';
import { world, type World } from './world.ts';

/** What may watch a simulation. */
export interface SimulationObservers {
  /** Told of the time that it has reached, several times a second. */
  readonly progress?: ((event: { readonly time: number; readonly duration: number }) => unknown) | undefined;
}

/** How to simulate. None of it changes the result. */
export interface SimulateOptions {
  /** Ends the simulation; the rejection is `signal.reason` itself. */
  readonly signal?: AbortSignal | undefined;
  /** How to wait for what policies do by promises · default: quick where all policies are ours, else exact. */
  readonly settling?: Settling | undefined;
  /** Observers. */
  readonly on?: SimulationObservers | undefined;
}

const ACTION = 'simulate';

/**
 * Runs a fleet of clients against services in virtual time, each client under its real policies, and says what came of
 * it. The same scenario gives the same result, byte for byte.
 *
 * @throws by rejection: `TypeError` or `RangeError` for a wrong scenario, with the path of the offending field;
 *   `signal.reason` once the signal is aborted.
 * @example
 * import { standard } from 'holdfast';
 * import { simulate } from 'holdfast/simulator';
 * const { verdict, totals } = await simulate({
 *   duration: 60_000,
 *   clients: [
 *     {
 *       count: 10,
 *       arrivals: { kind: 'poisson', rate: 5 },
 *       calls: 'users',
 *       policy: ({ clock, random }) => standard({ clock, random }),
 *     },
 *   ],
 *   services: { users: { workers: 8, serviceTime: { kind: 'exponential', mean: 100 } } },
 *   triggers: [{ kind: 'outage', at: 20_000, duration: 5_000 }],
 * });
 * verdict; // => 'stable'
 * totals.offered === totals.succeeded + totals.failed + totals.refused + totals.inFlight; // => true
 */
export async function simulate(scenario: Scenario, options?: SimulateOptions): Promise<SimulationResult> {
  const { signal, settling, on } = readOptions(ACTION, options, KINDS);
  const { duration, interval, triggers, recoverWithin, seed, ...rest } = checkScenario(scenario, ACTION);
  if (signal?.aborted) throw signal.reason;
  const built = world({ duration, interval, triggers, recoverWithin, seed, ...rest });
  const { queue, pulse, recorder, watch } = built;
  closeBuckets(built, interval, duration);
  const { events, why } = await drive(queue, pulse, duration, settling ?? built.settling, (happened) => {
    if (signal?.aborted) throw signal.reason;
    notify(on, 'progress', { time: queue.now(), duration });
    return beyondBounds(happened, atOnce(built));
  });
  recorder.close(queue.now(), gaugesOf(built));
  const { series, total, latency, inFlight, amplification } = recorder;
  const services = Object.fromEntries(Object.entries(built.servers).map(([name, server]) => [name, server.totals]));
  return {
    seed,
    series,
    totals: { ...total, inFlight, trips: watch.trips(), events, services },
    latency,
    amplification,
    goodput: total.offered ? total.succeeded / total.offered : 1,
    ...recovery(series, interval, triggers, recoverWithin, why !== undefined),
    stopped: why === undefined ? null : { at: queue.now(), why },
  };
}

/** Ends a bucket after every interval, but for the last one. */
function closeBuckets(built: World, interval: number, duration: number): void {
  const { queue, recorder } = built;
  const plan = (index: number): void => {
    if (index * interval >= duration) return;
    queue.plan(index * interval - queue.now(), () => {
      recorder.close(index * interval, gaugesOf(built));
      plan(index + 1);
    });
  };
  plan(1);
}

function gaugesOf({ watch, servers }: World): Gauges {
  const all = Object.values(servers);
  const sum = (count: (server: Server) => number): number => all.reduce((most, server) => most + count(server), 0);
  return { breakers: watch.counts(), queued: sum(({ queued }) => queued), busy: sum(({ busy }) => busy) };
}

function atOnce(built: World): number {
  return Math.max(built.recorder.inFlight, gaugesOf(built).queued, built.queue.pending);
}

const KINDS: { readonly [Key in keyof Required<SimulateOptions>]: OptionKind } = {
  signal: abortSignal,
  settling: ["'quick' or 'exact'", (value) => value === 'quick' || value === 'exact'],
  on: /* @__PURE__ */ handlers('progress'),
};
