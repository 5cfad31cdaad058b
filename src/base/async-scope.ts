/**
 * An async context (`AsyncLocalStorage`) that something can be run in. It is the part of Node's `AsyncResource` that is
 * used here; Deno and Bun have it too, browsers need none.
 */
export interface AsyncScope {
  runInAsyncScope(fn: (this: unknown) => void): void;
}
type AsyncResourceClass = new (type: string, options: { requireManualDestroy: boolean }) => AsyncScope;

const AsyncResource: AsyncResourceClass | undefined = /* @__PURE__ */ (() =>
  (
    globalThis as { process?: { getBuiltinModule?(name: string): { AsyncResource: AsyncResourceClass } } }
  ).process?.getBuiltinModule?.('node:async_hooks')?.AsyncResource)();

/**
 * Remembers the async context of the running call. What is run in it goes on as that call, whoever's timer or release
 * has woken it up.
 */
export function asyncScope(): AsyncScope {
  return AsyncResource ? new AsyncResource('holdfast', OPTIONS) : ANYWHERE;
}

const OPTIONS = { requireManualDestroy: true };
const ANYWHERE: AsyncScope = { runInAsyncScope: (fn) => fn() };
