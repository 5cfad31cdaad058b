import type { Layer } from '../base/call.ts';
import { check, policyKind } from '../base/check.ts';
import { layersIn, layersOf } from '../base/layers.ts';
import type { Policy } from '../base/policy.ts';
import { structureLaws, type StructureLaw } from '../policies/structure-laws.ts';
import { worstCase } from '../policies/worst-case.ts';
import { attemptsMultiply } from './attempts-multiply.ts';
import { budgetBound } from './budget-bound.ts';
import { fleet, type Fleet, type LintOptions } from './fleet.ts';
import { fleetFloors } from './fleet-floors.ts';
import type { Found, KnownFleet, Law, Severity } from './law.ts';
import { limitsBelowLoad } from './limits-below-load.ts';
import { naturalErrors } from './natural-errors.ts';
import { neverTrips } from './never-trips.ts';
import { repeats } from './repeats.ts';
import { retriesRefusals } from './retries-refusals.ts';
import { shortWindow } from './short-window.ts';

/** Something in a policy that breaks a law. */
export interface Finding extends Found {
  /** The name of the law, such as `budget-bound`. */
  readonly law: string;
  /** Where the law is written about: a page of the docs. */
  readonly page: string;
}

/** What `lint` has to say. */
export interface LintReport {
  /** Errors first. Empty, if no law is known to be broken. */
  readonly findings: readonly Finding[];
  /** The laws that could not be checked, or not wholly, with what would have to be known. */
  readonly unchecked: readonly { readonly law: string; readonly needs: readonly string[] }[];
  /** All of this for people. */
  readonly text: string;
}

/**
 * Looks whether a policy is safe for a fleet: whether its retries can keep an overload alive, whether its breaker can
 * open at all, or opens on a good day, what all its instances send together. Nothing is run but the policy's own rules
 * and predicates, with made-up outcomes.
 *
 * @param options what is known of the fleet and of the service; what is not known leaves laws unchecked.
 * @throws `TypeError` or `RangeError` for a wrong argument.
 * @example
 * import { pipeline, retry, timeout } from 'holdfast';
 * import { lint } from 'holdfast/lint';
 * const policy = pipeline(timeout(10_000), retry({ maxAttempts: 4 }), timeout(2_000));
 * const { findings } = lint(policy, { callsPerSecond: 6, instances: 40, capacity: 320 });
 * findings.map(({ law, severity }) => [law, severity]); // => [['budget-bound', 'error']]
 */
export function lint(policy: Policy<unknown>, options?: LintOptions): LintReport {
  check(policy, policyKind, 'policy', 'lint');
  const known = fleet(options);
  const layers = layersIn(policy).filter(({ facts }) => facts);
  const laws = LAWS.filter(({ concerns }) => concerns(layers));
  const isUnknown = (need: keyof Fleet): boolean => known[need] === undefined;
  const unchecked = laws
    .map(({ name, needs, wants }) => ({ law: name, needs: [...needs, ...(wants?.(layers) ?? [])].filter(isUnknown) }))
    .filter(({ needs }) => needs.length);
  const found = [
    ...(layersOf(policy) ? [] : [MADE_ELSEWHERE]),
    ...structureLaws(layers, worstCase(layers)).map((breach) => ({ severity: STRUCTURE[breach.law], ...breach })),
    ...laws.flatMap((law) => (law.needs.some(isUnknown) ? [] : breachesOf(law, layers, known as KnownFleet))),
  ];
  const findings = SEVERITIES.flatMap((severity) => found.filter((each) => each.severity === severity)).map((each) => ({
    ...each,
    page: `docs/lint.md#${each.law}`,
  }));
  return { findings, unchecked, text: textOf(findings, unchecked) };
}

function breachesOf({ name, find }: Law, layers: readonly Layer[], known: KnownFleet): Omit<Finding, 'page'>[] {
  return [...find(layers, known)].map((found) => ({ law: name, ...found }));
}

/** The laws that need more than the structure. */
const LAWS: readonly Law[] = [
  budgetBound,
  fleetFloors,
  attemptsMultiply,
  neverTrips,
  shortWindow,
  naturalErrors,
  limitsBelowLoad,
  retriesRefusals,
  repeats,
];

const SEVERITIES: readonly Severity[] = ['error', 'warning'];

const STRUCTURE: { readonly [Name in StructureLaw]: Severity } = {
  'retry-inside-breaker': 'warning',
  'no-room': 'warning',
  'jitter-inside-cap': 'warning',
  'hedge-without-budget': 'warning',
  'same-policy-twice': 'error',
  'no-limit': 'error',
};

const MADE_ELSEWHERE = {
  law: 'made-elsewhere',
  severity: 'warning',
  message: 'A policy made elsewhere is part of it; what that does is not known here.',
  fix: 'Look at it by itself.',
  numbers: {},
} as const;

function textOf(findings: LintReport['findings'], unchecked: LintReport['unchecked']): string {
  const lines = findings.flatMap(({ severity, law, message, fix, page }) => [
    `${severity} ${law}: ${message}`,
    `  ${fix} See ${page}.`,
  ]);
  const open = unchecked.map(({ law, needs }) => `not wholly checked: ${law}, for want of ${needs.join(' and ')}.`);
  return [...(findings.length ? lines : ['Nothing found.']), ...open].join('\n');
}
