import type { Layer } from '../base/call.ts';
import type { Breach } from '../policies/structure-laws.ts';
import type { Fleet } from './fleet.ts';

/** How bad it is: an `error` does harm under load, a `warning` may, or works less well than it seems to. */
export type Severity = 'error' | 'warning';

/** What was found, with how bad it is. */
export interface Found extends Omit<Breach<string>, 'law'> {
  readonly severity: Severity;
}

/** A fleet of which a law knows what it needs. */
export type KnownFleet = Fleet & { readonly [Name in 'callsPerSecond' | 'capacity' | 'errorRate']: number };

/** One law: what it looks at, what it has to know, and how it finds what breaks it. */
export interface Law {
  readonly name: string;
  /** The facts of the fleet without which it cannot be checked. */
  readonly needs: readonly (keyof Fleet)[];
  /** Those without which a part of it cannot be, about these layers. */
  readonly wants?: (layers: readonly Layer[]) => readonly (keyof Fleet)[];
  /** Whether there is anything in the layers that it could be about. */
  readonly concerns: (layers: readonly Layer[]) => boolean;
  /** Pure. The facts that it needs are known, those that it wants maybe. */
  readonly find: (layers: readonly Layer[], fleet: KnownFleet) => Iterable<Found>;
}

/** Looks for layers of some kinds. */
export function has(...kinds: readonly string[]): Law['concerns'] {
  return (layers) => layers.some(({ kind }) => kinds.includes(kind));
}

/** A number as people read it: three digits, or as many as it has before the point. */
export function shown(value: number): string {
  return Number.isInteger(value) || value >= 100 ? `${Math.round(value)}` : `${Number(value.toPrecision(3))}`;
}

/** The same, where it has to be at least so much: rounded up. */
export function shownUp(value: number): string {
  return shown(Math.ceil(value / lastDigit(value) - NEAR) * lastDigit(value));
}

/** The same, where it may be so much at most: rounded down. */
export function shownDown(value: number): string {
  return shown(Math.floor(value / lastDigit(value) + NEAR) * lastDigit(value));
}

/** What the last digit of a number stands for, as it is shown. */
function lastDigit(value: number): number {
  return value ? Math.min(1, 10 ** (Math.floor(Math.log10(value)) - 2)) : 1;
}

/** What floating point adds to a digit is none. */
const NEAR = 1e-8;

/** Whether a figure is below a bound, and not only by what floating point adds. */
export function isBelow(value: number, bound: number): boolean {
  return value < bound * (1 - 1e-9);
}

/** A part of a whole, in per cent. */
export function percent(part: number): string {
  return `${shown(100 * part)} %`;
}
