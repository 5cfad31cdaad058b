import { ServiceFault } from './service-fault.ts';

/** Functions that a policy as data may name. */
export type NamedFunctions = { readonly [name: string]: unknown };

/**
 * What the policies of a scenario may name besides what is handed in: `retryAfter`, the hint of a `ServiceFault`, and
 * `isTransient`, true for all of them.
 */
export function functionsOf(own: NamedFunctions = {}): NamedFunctions {
  return { retryAfter, isTransient, ...own };
}

function retryAfter({ error }: { readonly error: unknown }): number | undefined {
  return error instanceof ServiceFault ? error.retryAfter : undefined;
}

function isTransient({ error }: { readonly error: unknown }): boolean {
  return error instanceof ServiceFault;
}
