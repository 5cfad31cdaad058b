import { run, type Layer, type Policy } from './call.ts';

/** What is known of a policy: its layers, outermost first, and whether they are all of it. */
interface Known {
  readonly layers: readonly Layer[];
  readonly whole: boolean;
}

const known: WeakMap<Policy, Known> = new WeakMap();

/** The layers of a policy of ours; `undefined` for one made elsewhere, and for a pipeline with such a one in it. */
export function layersOf(policy: Policy): readonly Layer[] | undefined {
  const { layers, whole } = known.get(policy) ?? {};
  return whole ? layers : undefined;
}

/** What stands for a policy made elsewhere among the layers that are known: it only says so. */
const ELSEWHERE = [{ kind: 'made elsewhere', facts: {} }] as unknown as readonly Layer[];

/** The layers that are known to be in a policy; not to be run, unless they are all of it. */
export function layersIn(policy: Policy): readonly Layer[] {
  return known.get(policy)?.layers ?? ELSEWHERE;
}

/** Notes the layers of a policy, so that a pipeline can put those of all its policies into one machine. */
export function setLayers(policy: Policy, layers: readonly Layer[], whole = true): void {
  known.set(policy, { layers, whole });
}

/** A policy that is nothing but its layers. */
export function layered(layers: readonly Layer[]): Policy {
  const policy: Policy = { execute: (fn, options) => run(layers, fn, options) };
  setLayers(policy, layers);
  return policy;
}
