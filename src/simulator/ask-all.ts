import type { Asker } from './request.ts';

/** What can be asked: a service. */
export interface Askable {
  /** Calls one of the functions with the answer, if there ever is one. */
  send(asker: Asker, resolve: () => void, reject: (error: unknown) => void): void;
}

/** Asks one service, or several at once; resolves when all have answered, and rejects with the first error. */
export function askAll(services: readonly Askable[], asker: Asker): Promise<void> {
  return new Promise((resolve, reject) => {
    let missing = services.length;
    const answered = missing === 1 ? resolve : () => void (--missing || resolve());
    for (const service of services) service.send(asker, answered, reject);
  });
}
