/**
 * holdfast as data: policies that are written in JSON, for configuration files, command lines and pages.
 *
 * @module
 */

export { backoffFrom } from './backoff-from.ts';
export { parseDuration } from './parse-duration.ts';
export { policyFrom } from './policy-from.ts';
export { policySchema } from './policy-schema.ts';
export { type Json } from './json-value.ts';
export { type BackoffFromOptions, type PolicyFromOptions } from './read-document.ts';
export { type Schema } from './read-shape.ts';
