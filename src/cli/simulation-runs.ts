import { comparedPolicy, type ComparedPolicy } from '../simulator/compare.ts';
import { simulate, type Scenario, type SimulationResult } from '../simulator/index.ts';
import type { ProgressLine } from './progress-line.ts';

/** A scenario with one policy, or as it is. */
export interface NamedScenario {
  readonly name: string;
  readonly scenario: Scenario;
}

/** What came of it, over all seeds. */
export interface SimulatedPolicy extends ComparedPolicy {
  readonly name: string;
}

/** Simulates every scenario with every seed, and shows how far it is. */
export async function simulationRuns(
  scenarios: readonly NamedScenario[],
  seeds: readonly number[],
  progress: ProgressLine,
): Promise<SimulatedPolicy[]> {
  const runs = scenarios.length * seeds.length;
  let done = 0;
  const all: SimulatedPolicy[] = [];
  for (const { name, scenario } of scenarios) {
    const results: SimulationResult[] = [];
    for (const seed of seeds) {
      const label = `${name}, seed ${seed}`;
      const on = {
        progress: ({ time, duration }: { readonly time: number; readonly duration: number }) =>
          progress.show((done + Math.min(1, time / duration)) / runs, label),
      };
      results.push(await simulate({ ...scenario, seed }, { on }));
      progress.show(++done / runs, label);
    }
    all.push({ name, ...comparedPolicy(results) });
  }
  return all;
}
