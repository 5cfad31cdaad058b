import { describe, expectTypeOf, it } from 'vitest';
import { standard } from 'holdfast';
import type { PolicyMaker, Scenario } from 'holdfast/simulator';

describe('Scenario', () => {
  it('takes a policy as a function of the time and the chance of the simulation, or as data', () => {
    const make: PolicyMaker = ({ clock, random }) => standard({ clock, random });

    expectTypeOf(make).toExtend<Scenario['clients'][number]['policy']>();
    expectTypeOf<'standard'>().toExtend<Scenario['clients'][number]['policy']>();
    expectTypeOf<() => void>().not.toExtend<Scenario['clients'][number]['policy']>();
  });
});
