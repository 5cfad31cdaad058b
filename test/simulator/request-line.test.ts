import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RequestLine } from '../../src/simulator/request-line.ts';

const request = (number: number): { number: number; gone: boolean } => ({ number, gone: false });

describe('RequestLine', () => {
  it.each(['fifo', 'lifo'] as const)('is a %s line from which any may leave, as a plain list is', (order) => {
    const steps = fc.array(fc.oneof(fc.constant('push' as const), fc.constant('take' as const), fc.nat(50)), {
      maxLength: 300,
    });

    fc.assert(
      fc.property(steps, (steps) => {
        const line = new RequestLine<ReturnType<typeof request>>(order);
        const model: ReturnType<typeof request>[] = [];
        steps.forEach((step, number) => {
          if (step === 'push') {
            const pushed = request(number);
            line.push(pushed);
            model.push(pushed);
          } else if (step === 'take') {
            expect(line.take()).toBe(order === 'fifo' ? model.shift() : model.pop());
          } else if (model.length) {
            const [left] = model.splice(step % model.length, 1);
            line.leave(left!);
          }
          expect(line.length).toBe(model.length);
        });
      }),
    );
  });

  it('stays in order when thousands have been taken, or have left', () => {
    const line = new RequestLine<ReturnType<typeof request>>('fifo');
    const all = Array.from({ length: 9_000 }, (_, number) => request(number));
    all.forEach((each) => line.push(each));

    const taken = Array.from({ length: 5_000 }, () => line.take()!.number);
    for (const each of all.slice(5_000, 8_999)) line.leave(each);

    expect(taken).toEqual(Array.from({ length: 5_000 }, (_, number) => number));
    expect([line.length, line.take()?.number, line.take()]).toEqual([1, 8_999, undefined]);
  });
});
