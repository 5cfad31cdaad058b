import { callable, check, policyKind } from '../base/check.ts';
import type { Policy, SubstituteOf } from '../base/policy.ts';

/**
 * A function with `fn`'s own parameters and `this`, each call of it guarded by `policy`.
 *
 * @throws `TypeError` if `policy` is not a policy or `fn` not a function.
 * @example
 * import { retry, wrap } from 'holdfast';
 * const add = wrap(retry(), async (a: number, b: number) => a + b);
 * await add(1, 2); // => 3
 */
export function wrap<Guard extends Policy<unknown>, This, Parameters extends unknown[], Result>(
  policy: Guard,
  fn: (this: This, ...parameters: Parameters) => Result,
): (this: This, ...parameters: Parameters) => Promise<Awaited<Result> | SubstituteOf<Guard>> {
  check(policy, policyKind, 'policy', 'wrap a function');
  check(fn, callable, 'fn', 'wrap a function');
  return function (...parameters) {
    const made = policy.execute(() => fn.apply(this, parameters) as Awaited<Result>);
    return made as Promise<Awaited<Result> | SubstituteOf<Guard>>;
  };
}
