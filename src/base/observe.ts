import { callable, check } from './check.ts';

/** Told of what an observer of a policy threw or rejected with, and which event it was handling. */
export type ObserverErrorReporter = (error: unknown, event: string) => unknown;

const warned: WeakSet<object> = new WeakSet();
let report: ObserverErrorReporter | undefined;

/**
 * Replaces what happens with an error of an observer. An observer (a function under `on`) never changes the outcome
 * of a call; by default its first error is shown once per policy with `console.warn`.
 *
 * @param reporter called with every such error; `undefined` brings the default back.
 */
export function onObserverError(reporter: ObserverErrorReporter | undefined): void {
  if (reporter !== undefined) check(reporter, callable, 'reporter', 'replace the observer error reporter');
  report = reporter;
}

/** Tells the observer of one event, if there is one. Nothing that it does comes back. */
export function notify<Observers extends object, Name extends keyof Observers & string>(
  on: Observers | undefined,
  name: Name,
  event: EventOf<Observers[Name]>,
): void {
  const observer = on?.[name] as ((event: unknown) => unknown) | undefined;
  if (!on || !observer) return;
  try {
    const result = observer(event);
    if (typeof result === 'object' && result)
      Promise.resolve(result).catch((error) => reportOutOfBand(on, error, name));
  } catch (error) {
    reportOutOfBand(on, error, name);
  }
}

type EventOf<Observer> = NonNullable<Observer> extends (event: infer Event) => unknown ? Event : never;

/** Reports an error that can no longer become the outcome of a call. */
export function reportOutOfBand(policy: object, error: unknown, event: string): void {
  try {
    if (report) Promise.resolve(report(error, event)).catch(() => {});
    else if (!warned.has(policy)) {
      warned.add(policy);
      console.warn(`holdfast: "${event}" failed (said once per policy)`, error);
    }
  } catch {
    // A reporter that fails must not change an outcome either.
  }
}
