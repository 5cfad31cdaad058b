import { describe, expectTypeOf, it } from 'vitest';
import type { Trigger } from 'holdfast/simulator';

describe('Trigger', () => {
  it('has a factor where it has one, and the service that it is about', () => {
    expectTypeOf<{ kind: 'slowdown'; at: 0; duration: 5; factor: 2 }>().toExtend<Trigger>();
    expectTypeOf<{ kind: 'slowdown'; at: 0; duration: 5 }>().not.toExtend<Trigger>();
    expectTypeOf<{ kind: 'outage'; at: 0; duration: 5; service: 'api' }>().toExtend<Trigger>();
  });
});
