import { run, type Layer } from './call.ts';
import type { Policy } from './policy.ts';

/** What is known of a policy: its layers, outermost first, and whether they are all of it. */
interface Known {
  readonly layers: readonly Layer[];
  readonly whole: boolean;
}

/** Gives what it is given, so that a class made of it puts its private fields there. */
class Given {
  constructor(policy: Policy<unknown>) {
    return policy;
  }
}

/** What is known of a policy, as a private field of its own: that costs less to make, and to collect, than a `WeakMap`. */
class Stamp extends Given {
  readonly #known: Known;

  constructor(policy: Policy<unknown>, known: Known) {
    super(policy);
    this.#known = known;
  }

  static knownOf(policy: Policy<unknown>): Known | undefined {
    return #known in policy ? (policy as Stamp).#known : undefined;
  }
}

/** The layers of a policy of ours; `undefined` for one made elsewhere, and for a pipeline with such a one in it. */
export function layersOf(policy: Policy<unknown>): readonly Layer[] | undefined {
  const { layers, whole } = Stamp.knownOf(policy) ?? {};
  return whole ? layers : undefined;
}

/** What stands for a policy made elsewhere among the layers that are known: it only says so. */
const ELSEWHERE = [{ kind: 'made elsewhere', facts: {} }] as unknown as readonly Layer[];

/** The layers that are known to be in a policy; not to be run, unless they are all of it. */
export function layersIn(policy: Policy<unknown>): readonly Layer[] {
  return Stamp.knownOf(policy)?.layers ?? ELSEWHERE;
}

/** Notes the layers of a policy, so that a pipeline can put those of all its policies into one machine. */
export function setLayers(policy: Policy<unknown>, layers: readonly Layer[], whole = true): void {
  void new Stamp(policy, { layers, whole });
}

/** A policy that is nothing but its layers. */
export function layered<Substitute = never>(layers: readonly Layer[]): Policy<Substitute> {
  const policy: Policy<Substitute> = { execute: (fn, options) => run(layers, fn, options) };
  setLayers(policy, layers);
  return policy;
}
