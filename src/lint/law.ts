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
  /** Whether there is anything in the layers that it could be about. */
  readonly concerns: (layers: readonly Layer[]) => boolean;
  /** Pure. The facts that it needs are known. */
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

/** A part of a whole, in per cent. */
export function percent(part: number): string {
  return `${shown(100 * part)} %`;
}
