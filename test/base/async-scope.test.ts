import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { asyncScope } from '../../src/base/async-scope.ts';

describe('asyncScope()', () => {
  const storage = new AsyncLocalStorage<string>();

  it('runs functions in the context in which it was made', () => {
    const seen: (string | undefined)[] = [];
    const note = (): void => void seen.push(storage.getStore());

    const scopes = ['one', 'two'].map((name) => storage.run(name, asyncScope));
    storage.run('another', () => scopes.forEach((scope) => scope.runInAsyncScope(note)));
    scopes[0]!.runInAsyncScope(note);
    note();

    expect(seen).toEqual(['one', 'two', 'one', undefined]);
  });

  it('keeps the context for what the function sets going', async () => {
    const scope = storage.run('own', asyncScope);
    const seen: (string | undefined)[] = [];

    await storage.run(
      'other',
      () =>
        new Promise<void>((resolve) => {
          scope.runInAsyncScope(
            () =>
              void Promise.resolve()
                .then(() => seen.push(storage.getStore()))
                .then(() => resolve()),
          );
        }),
    );

    expect(seen).toEqual(['own']);
  });

  it('passes on what the function throws', () => {
    const error = new Error('inside');

    const run = (): void =>
      asyncScope().runInAsyncScope(() => {
        throw error;
      });

    expect(run).toThrow(error);
  });

  describe('given a runtime without async contexts, such as a browser', () => {
    afterEach(() => {
      vi.unstubAllGlobals();
      vi.resetModules();
    });

    it.each([
      ['no process', undefined],
      ['a process without built-in modules', {}],
      ['built-in modules without async contexts', { getBuiltinModule: () => undefined }],
    ])('calls the function (%s)', async (_, process) => {
      vi.resetModules();
      const loading = import('../../src/base/async-scope.ts');
      vi.stubGlobal('process', process);
      const { asyncScope: plain } = await loading;
      vi.unstubAllGlobals();
      const fn = vi.fn();

      plain().runInAsyncScope(fn);

      expect(fn.mock.calls).toEqual([[]]);
    });
  });
});
