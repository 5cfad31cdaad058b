import type { Policy } from '../index.ts';
import { leaves } from './leaves.ts';
import { policyShape } from './policy-shape.ts';
import { readDocument, type PolicyFromOptions } from './read-document.ts';
import type { RecordShape } from './read-shape.ts';

/** The whole of a document: `{ "version": 1, "policy": … }`. */
export function policyDocument(): RecordShape {
  const { text, version } = leaves;
  return { fields: { $schema: text, version, policy: policyShape }, required: ['version', 'policy'] };
}

/**
 * Makes a policy of JSON: `{ "version": 1, "policy": { "kind": "retry", "maxAttempts": 5 } }`. The options are those of
 * the policy; a duration may also be a text such as `"1.5s"`. Every call makes a fresh policy.
 *
 * Functions are named, `{ "function": "isBusy" }`, and looked up in `functions`. Nothing in the document is run.
 *
 * @typeParam Substitute what the fallbacks in it may give.
 * @param json what `JSON.parse` gives.
 * @throws `TypeError` or `RangeError` with the path of what is wrong, such as `policy.policies[1].backoff.maxDelay`.
 * @example
 * import { policyFrom } from 'holdfast/json';
 * const policy = policyFrom({
 *   version: 1,
 *   policy: { kind: 'pipeline', policies: [{ kind: 'timeout', timeout: '5s' }, { kind: 'retry', baseDelay: '100ms' }] },
 * });
 * await policy.execute(() => 'ok'); // => 'ok'
 */
export function policyFrom<Substitute = never>(json: unknown, options?: PolicyFromOptions): Policy<Substitute> {
  const read = readDocument('read a policy', policyDocument(), json, options);
  return (read as { readonly policy: Policy<Substitute> }).policy;
}
