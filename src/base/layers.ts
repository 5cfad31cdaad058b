import { run, type Layer, type Policy } from './call.ts';

const known: WeakMap<Policy, readonly Layer[]> = new WeakMap();

/** The layers of a policy of ours, outermost first; `undefined` for one made elsewhere. */
export function layersOf(policy: Policy): readonly Layer[] | undefined {
  return known.get(policy);
}

/** Notes the layers of a policy, so that a pipeline can put those of all its policies into one machine. */
export function setLayers(policy: Policy, layers: readonly Layer[]): void {
  known.set(policy, layers);
}

/** A policy that is nothing but its layers. */
export function layered(layers: readonly Layer[]): Policy {
  const policy: Policy = { execute: (fn, options) => run(layers, fn, options) };
  setLayers(policy, layers);
  return policy;
}
