import { invalid } from '../base/check.ts';
import type { CallContext } from '../base/context.ts';
import type { ExecuteOptions, Guarded, Policy } from '../base/policy.ts';

/**
 * A policy made elsewhere, whose `execute` need not keep what its type says: a call of it that returns no promise is
 * refused. One of ours needs no such guard.
 *
 * @param path of what it guards, in the scenario.
 */
export function foreignPolicy(policy: Policy<unknown>, path: string): Policy<unknown> {
  return {
    execute<T>(fn: Guarded<T>, options?: ExecuteOptions | CallContext): Promise<T> {
      const outcome = policy.execute(fn, options) as Promise<T> | undefined;
      if (typeof outcome?.then === 'function') return outcome;
      throw invalid('simulate', `execute of ${path}.policy to return a promise`, outcome);
    },
  };
}
