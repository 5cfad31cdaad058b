// Runs the simulations beside the page, so that it stays at hand. Gets scenarios, says how far it is, gives results.
import { scenarioFrom, simulate } from 'holdfast/simulator';
import type { SimulationNews, SimulationRequest } from './messages.ts';

const say = (news: SimulationNews): void => postMessage(news);

addEventListener('message', async ({ data }: MessageEvent<SimulationRequest>) => {
  try {
    for (const [at, json] of data.scenarios.entries()) {
      const progress = ({ time, duration }: { readonly time: number; readonly duration: number }): void =>
        say({ kind: 'progress', at, part: time / duration });
      say({ kind: 'result', at, result: await simulate(scenarioFrom(json), { on: { progress } }) });
    }
  } catch (error) {
    say({ kind: 'failed', message: (error as Error).message });
  }
});
