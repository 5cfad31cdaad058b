import type { SimulationNews } from './messages.ts';
import type { Json } from './typescript-of.ts';

/** The worker's script, which the build puts here: a page opened from a folder may not load one from a file. */
declare const WORKER_SCRIPT: string;

/** Simulations under way. */
export interface Simulation {
  /** Ends them at once; nothing more is told. */
  cancel(): void;
}

/** Begins simulations in a worker of their own. */
export function beginSimulation(scenarios: readonly Json[], told: (news: SimulationNews) => void): Simulation {
  const address = URL.createObjectURL(new Blob([WORKER_SCRIPT], { type: 'text/javascript' }));
  const worker = new Worker(address);
  let left = scenarios.length;
  const end = (): void => {
    worker.terminate();
    URL.revokeObjectURL(address);
  };
  worker.addEventListener('message', ({ data }: MessageEvent<SimulationNews>) => {
    if (data.kind === 'result') left--;
    if (left === 0 || data.kind === 'failed') end();
    told(data);
  });
  worker.addEventListener('error', ({ message }) => {
    end();
    told({ kind: 'failed', message: message || 'The worker could not be started.' });
  });
  worker.postMessage({ scenarios });
  return { cancel: end };
}
