import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { sleeperOf, type Sleeper } from '../base/sleep.ts';
import type { Pulse } from './pulse.ts';

/** What a policy in a simulation has to be made with: its time and its chance. */
export interface PolicyTools {
  readonly clock: Clock;
  readonly random: Random;
  /** `sleeperOf(clock)`. */
  readonly sleep: Sleeper;
}

/** The tools for one policy after the other: all have the clock of the simulation, and each its own chance. */
export function policyTools(queue: Clock, pulse: Pulse): (random: Random) => PolicyTools {
  const clock: Clock = {
    now() {
      pulse.beats++;
      return queue.now();
    },
    setTimer(delay, callback) {
      pulse.beats++;
      return queue.setTimer(delay, () => {
        pulse.stirred = true;
        callback();
      });
    },
  };
  const sleep = sleeperOf(clock);
  return (random) => ({ clock, random: () => (pulse.beats++, random()), sleep });
}
