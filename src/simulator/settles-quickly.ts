import type { Layer } from '../base/call.ts';
import { layersOf } from '../base/layers.ts';
import type { Policy } from '../base/policy.ts';
import type { Sleeper } from '../base/sleep.ts';

/**
 * Whether all that a policy does by promises is known to be short: it is all ours, and neither waits nor stands in by
 * a function from elsewhere, which may take any number of turns.
 *
 * @param sleep the sleeper of the simulation.
 */
export function settlesQuickly(policy: Policy<unknown>, sleep: Sleeper): boolean {
  return layersOf(policy)?.every((layer) => isShort(layer, sleep)) ?? false;
}

function isShort({ facts = {} }: Layer, ours: Sleeper): boolean {
  const { sleep = ours, substitute } = facts as { readonly sleep?: unknown; readonly substitute?: unknown };
  return sleep === ours && substitute !== 'a function';
}
