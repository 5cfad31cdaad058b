import { describe, expect, it } from 'vitest';
import { pipeline, timeout } from 'holdfast';
import { VirtualClock } from 'holdfast/testing';
import { Request } from '../../src/simulator/request.ts';
import { rejection } from '../rejection.ts';

describe('Request', () => {
  it('has expired once its attempt was given up', async () => {
    const clock = new VirtualClock();
    const requests: Request[] = [];
    const policy = pipeline(timeout(100, { clock }));

    const outcome = rejection(
      policy.execute((context) => {
        requests.push(
          new Request(
            context,
            () => {},
            () => {},
          ),
        );
        return new Promise(() => {});
      }),
    );
    const before = requests[0]!.expired;
    await clock.advance(100);
    await outcome;

    expect([before, requests[0]!.expired]).toEqual([false, true]);
  });

  it.each([[undefined], [{}], [{ remaining: Infinity }]])(
    'never does without a deadline that it knows of (%#)',
    (asker) => {
      const request = new Request(
        asker,
        () => {},
        () => {},
      );

      expect(request.expired).toBe(false);
    },
  );
});
