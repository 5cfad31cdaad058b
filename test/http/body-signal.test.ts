import { getEventListeners } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it, vi } from 'vitest';
import { bodySignal } from '../../src/http/body-signal.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

describe('bodySignal()', () => {
  describe('given no caller’s signal', () => {
    it('is that of the attempt', () => {
      const attempt = new AbortController().signal;

      const { signal, hold } = bodySignal(attempt, undefined);
      hold(new Response('body'));

      expect(signal).toBe(attempt);
    });
  });

  describe('given a caller’s signal', () => {
    it('is aborted with its attempt, for the same reason', () => {
      const attempt = new AbortController();
      const { signal } = bodySignal(attempt.signal, new AbortController().signal);

      attempt.abort('too late');

      expect([signal.aborted, signal.reason]).toEqual([true, 'too late']);
    });

    it('is aborted by the caller while somebody has the body, and not before there is one', () => {
      const [attempt, caller] = [new AbortController(), new AbortController()];
      const held = bodySignal(attempt.signal, caller.signal);
      const other = bodySignal(attempt.signal, caller.signal);
      const response = new Response('body');

      held.hold(response);
      caller.abort('enough');

      expect([held.signal.reason, other.signal.aborted]).toEqual(['enough', false]);
      expect(response.body).not.toBeNull();
    });

    it('is aborted at once where the caller has aborted meanwhile', () => {
      const caller = new AbortController();
      const { signal, hold } = bodySignal(new AbortController().signal, caller.signal);

      caller.abort('enough');
      hold(new Response('body'));

      expect(signal.reason).toBe('enough');
    });

    it('follows the caller where nobody can tell that a body is gone', () => {
      vi.stubGlobal('FinalizationRegistry', undefined);
      vi.stubGlobal('WeakRef', undefined);
      const caller = new AbortController();
      const { signal, hold } = bodySignal(new AbortController().signal, caller.signal);

      hold(new Response('body'));
      caller.abort('enough');

      expect(signal.reason).toBe('enough');
      vi.unstubAllGlobals();
    });

    it('keeps nothing of a body that its own signal can reach', async () => {
      const caller = new AbortController().signal;
      const sent = (): WeakRef<object> => {
        const { signal, hold } = bodySignal(new AbortController().signal, caller);
        const response = new Response('body');
        signal.addEventListener('abort', () => void response.body);
        hold(response);
        return new WeakRef(response.body!);
      };

      const body = sent();
      for (let tries = 0; tries < 50 && body.deref(); tries++) {
        // What a reference has given cannot go before the turn is over.
        await new Promise((resolve) => setTimeout(resolve, 1));
        collect();
        await new Promise((resolve) => setTimeout(resolve, 1));
      }

      expect(body.deref()).toBeUndefined();
    });

    it('leaves no listener for a response without a body', () => {
      const caller = new AbortController().signal;

      bodySignal(new AbortController().signal, caller).hold(new Response(null, { status: 204 }));

      expect(getEventListeners(caller, 'abort')).toEqual([]);
    });

    it('needs one listener for any number of bodies, and none when they can be reached no more', async () => {
      const caller = new AbortController().signal;
      const attempt = (): AbortSignal => new AbortController().signal;
      let bodies = Array.from({ length: 100 }, () => new Response('body'));

      bodies.forEach((response) => bodySignal(attempt(), caller).hold(response));
      const before = getEventListeners(caller, 'abort').length;
      bodies = [];
      for (let tries = 0; tries < 50 && getEventListeners(caller, 'abort').length; tries++) {
        collect();
        await new Promise((resolve) => setTimeout(resolve, 10));
      }

      expect([before, getEventListeners(caller, 'abort').length, bodies.length]).toEqual([1, 0, 0]);
    });
  });

  it('goes on to end a body when all else of its call is gone, and is no reason to keep the body', async () => {
    const caller = new AbortController();
    let ends = 0;
    const made = (): Response => {
      const { signal, hold } = bodySignal(new AbortController().signal, caller.signal);
      const response = new Response('body');
      // As fetch does: the signal knows the body.
      signal.addEventListener('abort', () => (ends += response.bodyUsed ? 0 : 1));
      hold(response);
      return response;
    };
    const kept = made();
    let gone: WeakRef<Response> | undefined;
    (() => (gone = new WeakRef(made())))();

    for (let tries = 0; tries < 50 && gone!.deref(); tries++) {
      // To have looked keeps it until the next turn.
      await new Promise((resolve) => setTimeout(resolve, 10));
      collect();
    }
    const collected = gone!.deref() === undefined;
    caller.abort('enough');

    expect([collected, ends, kept.bodyUsed]).toEqual([true, 1, false]);
  });
});
