import { describe, expect, it, vi } from 'vitest';
import { discard } from '../../src/http/discard.ts';
import { turns } from '../rejection.ts';

describe('discard()', () => {
  it('cancels the body, and does not mind one that will not, or that there is none', async () => {
    const cancel = vi.fn();
    const stuck = vi.fn(() => Promise.reject(new Error('stuck')));

    discard(new Response(new ReadableStream({ cancel })), 'enough');
    discard(new Response(new ReadableStream({ cancel: stuck })));
    discard(new Response(null));
    discard({ body: 'a text' });
    discard(undefined);
    await turns();

    expect([cancel.mock.calls, stuck.mock.calls]).toEqual([[['enough']], [[undefined]]]);
  });
});
