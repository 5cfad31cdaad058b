import type { Layer } from '../base/call.ts';
import { layersIn } from '../base/layers.ts';
import type { Policy } from '../base/policy.ts';
import type { BreakerCounts } from './simulation-result.ts';

/** What a circuit breaker shows of itself to one who only looks. */
type Circuit = Layer & {
  readonly seen: () => { readonly state: 'closed' | 'open' | 'half-open' | 'isolated'; readonly trips: number };
};

/** The circuit breakers in some policies, looked at without bringing them up to time, which could change what they do. */
export class BreakerWatch {
  readonly #circuits: readonly Circuit[];

  constructor(policies: Iterable<Policy<unknown>>) {
    const layers = new Set([...policies].flatMap((policy) => [...layersIn(policy)]));
    this.#circuits = [...layers].filter((layer): layer is Circuit => layer.kind === 'circuit-breaker');
  }

  /** How many are in which state; one that is isolated counts as open. */
  counts(): BreakerCounts {
    const counts = { closed: 0, open: 0, halfOpen: 0 };
    for (const circuit of this.#circuits) {
      const { state } = circuit.seen();
      counts[state === 'closed' ? 'closed' : state === 'half-open' ? 'halfOpen' : 'open']++;
    }
    return counts;
  }

  /** How often they have opened, all together. */
  trips(): number {
    return this.#circuits.reduce((sum, circuit) => sum + circuit.seen().trips, 0);
  }
}
