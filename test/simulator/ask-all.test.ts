import { describe, expect, it } from 'vitest';
import { askAll, type Askable } from '../../src/simulator/ask-all.ts';
import { rejection } from '../rejection.ts';

/** A service that answers when it is told to. */
function service(): Askable & { answers: { resolve: () => void; reject: (error: unknown) => void }[] } {
  const answers: { resolve: () => void; reject: (error: unknown) => void }[] = [];
  return { answers, send: (_, resolve, reject) => void answers.push({ resolve, reject }) };
}

describe('askAll()', () => {
  it('resolves with the answer of one', async () => {
    const one = service();

    const asked = askAll([one], undefined);
    one.answers[0]!.resolve();

    expect(await asked).toBeUndefined();
  });

  it('resolves when the last of several has answered', async () => {
    const all = [service(), service()];
    let done = false;

    const asked = askAll(all, undefined).then(() => (done = true));
    all[1]!.answers[0]!.resolve();
    await Promise.resolve();
    const early = done;
    all[0]!.answers[0]!.resolve();

    expect([early, await asked]).toEqual([false, true]);
  });

  it('rejects with the first error', async () => {
    const all = [service(), service()];

    const asked = rejection(askAll(all, undefined));
    all[1]!.answers[0]!.reject('second');
    all[0]!.answers[0]!.reject('first');

    expect(await asked).toBe('second');
  });
});
