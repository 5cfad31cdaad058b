/** The part of Node's `AsyncResource` that is used here; Deno and Bun have it too, browsers need none. */
interface AsyncResource {
  runInAsyncScope(fn: (this: unknown) => void): void;
}
type AsyncResourceClass = new (type: string, options: { requireManualDestroy: boolean }) => AsyncResource;

const AsyncResource: AsyncResourceClass | undefined = /* @__PURE__ */ (() =>
  (
    globalThis as { process?: { getBuiltinModule?(name: string): { AsyncResource: AsyncResourceClass } } }
  ).process?.getBuiltinModule?.('node:async_hooks')?.AsyncResource)();

/**
 * Remembers the async context (`AsyncLocalStorage`) of the running call. The function returned runs others in it, so
 * that a call which somebody else's timer or release wakes up goes on as itself.
 */
export function asyncScope(): (fn: () => void) => void {
  if (!AsyncResource) return (fn) => fn();
  const resource = new AsyncResource('holdfast', { requireManualDestroy: true });
  return (fn) => resource.runInAsyncScope(fn);
}
