import type { Policy } from 'holdfast';
import { layersIn } from '../src/base/layers.ts';
import { fleet, type LintOptions } from '../src/lint/fleet.ts';
import type { Found, KnownFleet, Law } from '../src/lint/law.ts';

/** What one law finds in a policy. */
export function found(law: Law, policy: Policy, options: LintOptions): Found[] {
  const layers = layersIn(policy).filter(({ facts }) => facts);
  return [...law.find(layers, fleet(options) as KnownFleet)];
}
