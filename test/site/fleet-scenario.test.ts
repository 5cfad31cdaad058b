import { transform } from 'esbuild';
import * as core from 'holdfast';
import * as simulator from 'holdfast/simulator';
import { describe, expect, it } from 'vitest';
import { initialOf } from '../../docs/site/playground/field.ts';
import { fleetCharts } from '../../docs/site/playground/fleet-charts.ts';
import { fleetCode } from '../../docs/site/playground/fleet-code.ts';
import { FLEET_FORM, tooMuch, utilisation, type FleetValues } from '../../docs/site/playground/fleet-form.ts';
import { chosenPolicies, scenarioFor, scenarioForAll } from '../../docs/site/playground/fleet-scenario.ts';

const { scenarioFrom, simulate } = simulator;
const library = { ...core, ...simulator };

const given = (values: Partial<FleetValues> = {}): FleetValues => ({ ...initialOf(FLEET_FORM), ...values });
const small = given({ clients: 4, workers: 3, duration: '10s', at: '3s', lasts: '2s' });

describe('scenarioFor() and scenarioForAll()', () => {
  it('give what the simulator reads, whatever happens in it', () => {
    for (const [trigger] of FLEET_FORM.trigger.choices) {
      for (const [spread] of FLEET_FORM.spread.choices) {
        const values = given({ trigger, spread, order: 'lifo', limit: 5, abandoned: 'stop' });
        expect(scenarioFrom(scenarioForAll(values)).duration).toBe(60_000);
        for (const { policy } of chosenPolicies(values)) {
          expect(scenarioFrom(scenarioFor(values, policy)).clients[0]!.policy).toBeDefined();
        }
      }
    }
  });

  it('take a policy of one’s own', () => {
    const [mine] = chosenPolicies(given({ policies: 'own', own: '{"kind":"timeout","timeout":"3s"}' }));

    expect(mine).toMatchObject({ label: 'your own', policy: { kind: 'timeout', timeout: '3s' } });
  });
});

describe('utilisation()', () => {
  it('is the part of the workers that is busy', () => {
    expect(utilisation(given({ workers: 20 }))).toBeCloseTo(0.8, 10);
  });
});

describe('tooMuch()', () => {
  it('refuses what would take the page minutes', () => {
    expect([
      tooMuch(given()),
      tooMuch(given({ duration: '2h' })),
      tooMuch(given({ clients: 1_000, rate: 10, policies: 'none', trigger: 'surge', more: 3 })),
    ]).toEqual([
      undefined,
      'The simulated time has to be from 1s to 1h.',
      'These are up to 1.8 million calls, and the page stops at 1 million. The command has no such limit.',
    ]);
  });

  it('refuses trouble that is not over before the run is, as the simulator does', () => {
    const late = given({ at: '50s', lasts: '10s', duration: '1m' });

    expect([tooMuch(late), tooMuch({ ...late, duration: '61s' }), tooMuch({ ...late, trigger: 'none' })]).toEqual([
      'What happens has to be over before the simulated time is.',
      undefined,
      undefined,
    ]);
    expect(() => scenarioFrom(scenarioForAll(late))).toThrow(/triggers\[0\]\.duration to be less than 10000/);
  });
});

describe('fleetCharts()', () => {
  it('shows rates per second of each bucket, the last one too', async () => {
    const result = await simulate(scenarioFrom(scenarioFor(given({ ...small, duration: '10.25s' }), 'standard')));
    const { goodput, breakers } = fleetCharts([{ short: 'standard()', result }], { interval: 500, duration: 10_250 });
    const last = result.series.at(-1)!;

    expect(goodput!.lines[1]!.values[0]).toBe(result.series[0]!.succeeded * 2);
    expect(goodput!.lines[1]!.values.at(-1)).toBe(last.succeeded * 4);
    expect(breakers!.lines[0]!.values.at(-1)).toBe(last.breakers.open + last.breakers.halfOpen);
  });
});

describe('fleetCode()', () => {
  it('gives the results of the page', async () => {
    const code = fleetCode(small);
    const expected = await Promise.all(
      chosenPolicies(small).map(async ({ policy }) => simulate(scenarioFrom(scenarioFor(small, policy)))),
    );

    expect(await consoleOf(code)).toEqual(
      expected.map(({ verdict, goodput, amplification, recovery }) => ({ verdict, goodput, amplification, recovery })),
    );
  });
});

/** Runs a program of the page, types taken away, and gives what it says. */
async function consoleOf(code: string): Promise<unknown[]> {
  const { code: script } = await transform(code.replaceAll(/^import [^;]*;$/gm, ''), { loader: 'ts' });
  const names = Object.keys(library).filter((name) => code.includes(name));
  const said: unknown[] = [];
  const console = { log: (_: string, result: unknown) => said.push(result) };
  const run = new Function('console', ...names, `return (async () => {${script}})();`) as (
    ...values: unknown[]
  ) => Promise<void>;
  await run(console, ...names.map((name) => library[name as keyof typeof library]));
  return said;
}
