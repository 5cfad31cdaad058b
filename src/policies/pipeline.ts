import { watch } from '../base/abort.ts';
import { run, type Layer } from '../base/call.ts';
import { Context, type CallContext } from '../base/context.ts';
import { abortSignal, check, invalid, policyKind } from '../base/check.ts';
import { layered, layersIn, layersOf, setLayers } from '../base/layers.ts';
import type { Guarded, Policy, SubstituteOf } from '../base/policy.ts';

/**
 * Several policies as one, outermost first: `pipeline(timeout(30_000), retry(), breaker)` limits the whole call and
 * retries through the breaker. Policies of ours run in one machine, at little cost per layer; any other object with an
 * `execute` takes part too. Pipelines can be nested.
 *
 * @throws `TypeError` if something is not a policy, or for a retry inside another retry without `allowNestedRetry`.
 * @example
 * import { CircuitBreaker, pipeline, retry, timeout } from 'holdfast';
 * const policy = pipeline(timeout(30_000), retry(), new CircuitBreaker(), timeout(5_000));
 * await policy.execute(() => 'ok'); // => 'ok'
 */
export function pipeline<Policies extends readonly Policy<unknown>[]>(
  ...policies: Policies
): Policy<SubstituteOf<Policies[number]>> {
  const action = 'make a pipeline';
  policies.forEach((policy, index) => check(policy, policyKind, `policy ${index + 1}`, action));
  const all = policies.flatMap(layersIn);
  refuseNestedRetry(action, all);
  const foreign = policies.findIndex((policy) => !layersOf(policy));
  if (foreign < 0) return layered(all);
  const outer = policies.slice(0, foreign).flatMap(layersIn);
  const policy = around(outer, policies[foreign]!, pipeline(...policies.slice(foreign + 1)));
  setLayers(policy, all, false);
  return policy as Policy<SubstituteOf<Policies[number]>>;
}

/** A policy made elsewhere runs what is inside it as its function. */
function around(layers: readonly Layer[], foreign: Policy<unknown>, inner: Policy<unknown>): Policy<unknown> {
  return {
    execute: (fn, options) =>
      // What is no function is refused at the door, before a foreign policy is asked.
      run(
        layers,
        typeof fn !== 'function' ? fn : (outer) => foreign.execute((handed) => inside(inner, fn, outer, handed), outer),
        options,
      ),
  };
}

/** What a foreign policy hands on may be ours, nothing, or its own: then its signal is heeded beside that of `outer`. */
function inside(
  inner: Policy<unknown>,
  fn: Guarded<unknown>,
  outer: CallContext,
  handed?: Partial<CallContext>,
): Promise<unknown> {
  const signal = handed?.signal;
  if (handed instanceof Context || !signal) return inner.execute(fn, handed instanceof Context ? handed : outer);
  check(signal, abortSignal, 'signal', 'execute a call');
  const holder = Context.holderOf(outer);
  const joined = new Context({ layers: [], slots: [], parent: outer, holder }, outer.attempt, holder);
  const unwatch = [outer.signal, signal].map((each) => {
    if (each.aborted) Context.abort(joined, each.reason);
    return watch(each, (reason) => Context.abort(joined, reason));
  });
  return inner.execute(fn, joined).finally(() => unwatch.forEach((stop) => stop()));
}

function refuseNestedRetry(action: string, layers: readonly (Layer & { readonly allowNestedRetry?: boolean })[]): void {
  const [outer, ...inner] = layers.filter(({ kind }) => kind === 'retry');
  if (outer && inner.some(({ allowNestedRetry }) => !allowNestedRetry)) {
    throw invalid(
      action,
      'one retry, since attempts multiply (allow it with retry({ allowNestedRetry: true }))',
      inner.length + 1,
    );
  }
}
