import type { SimulationResult } from 'holdfast/simulator';
import type { Json } from './typescript-of.ts';

/** What the worker is asked: scenarios in JSON, one after the other. */
export interface SimulationRequest {
  readonly scenarios: readonly Json[];
}

/** What the worker says. */
export type SimulationNews =
  /** How far it is with one of them: a part of 1. */
  | { readonly kind: 'progress'; readonly at: number; readonly part: number }
  | { readonly kind: 'result'; readonly at: number; readonly result: SimulationResult }
  | { readonly kind: 'failed'; readonly message: string };
