import { getEventListeners } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
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
});
