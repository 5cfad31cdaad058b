/**
 * holdfast for fleets: whether a policy is safe for those who use it together.
 *
 * @module
 */

export { lint, type Finding, type LintReport } from './lint.ts';
export { type LintOptions } from './fleet.ts';
export { type Severity } from './law.ts';
