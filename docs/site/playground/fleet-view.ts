import { parseDuration } from 'holdfast/json';
import type { View } from './backoff-view.ts';
import { makeChart } from './chart.ts';
import { codeBox } from './copy.ts';
import { element } from './element.ts';
import type { Values } from './field.ts';
import { fleetCharts, type Run, type Simulated } from './fleet-charts.ts';
import { fleetCode } from './fleet-code.ts';
import { asksForFleet, FLEET_FORM, tooMuch, utilisation, type FleetValues } from './fleet-form.ts';
import { chosenPolicies, scenarioFor, scenarioForAll, scenarioJson } from './fleet-scenario.ts';
import { verdictTable } from './fleet-verdicts.ts';
import { makeForm } from './form.ts';
import type { SimulationNews } from './messages.ts';
import { runBar } from './run-bar.ts';
import { beginSimulation, type Simulation } from './simulation.ts';

/** The view of a fleet: several policies side by side, under the same calls and the same trouble. */
export function fleetView(changed: (values: Values) => void): View {
  let values!: FleetValues;
  let running: Simulation | undefined;
  /** What the charts show. */
  let shown: FleetValues | undefined;
  const charts = Object.fromEntries(['goodput', 'load', 'latency', 'breakers'].map((id) => [id, makeChart(id)]));
  const verdicts = element('div', { class: 'table', tabindex: '0', role: 'group', 'aria-label': 'Verdicts' });
  const code = codeBox('fleet-code', 'TypeScript');
  const json = codeBox('fleet-json', 'JSON');
  const load = element('p', { class: 'load', id: 'utilisation' });
  const bar = runBar(start, () => {
    running?.cancel();
    shown = undefined;
    bar.rest('Cancelled.');
  });
  const form = makeForm(
    'fleet',
    FLEET_FORM,
    [
      { title: 'Policies', names: ['policies', 'own'] },
      { title: 'Trouble', names: ['trigger', 'slower', 'failing', 'left', 'more', 'at', 'lasts'] },
      { title: 'Calls', names: ['clients', 'rate'], folds: true },
      { title: 'Service', names: ['workers', 'mean', 'spread', 'order', 'limit', 'abandoned'], folds: true },
      { title: 'Run', names: ['duration', 'seed'], folds: true },
    ],
    (given) => {
      values = given as unknown as FleetValues;
      describe();
      running?.cancel();
      bar.rest('Changed: run it to see what comes of it.');
      changed(given);
    },
  );

  /** Says in words and in code what the form has. */
  function describe(): void {
    form.show((name) => asksForFleet(name as keyof FleetValues, values));
    load.textContent = `The workers are busy ${Math.round(utilisation(values) * 100)} % of their time while all goes well.`;
    code.put(fleetCode(values));
    json.put(`${JSON.stringify(scenarioForAll(values), undefined, 2)}\n`);
  }

  function start(): void {
    running?.cancel();
    const refusal = tooMuch(values);
    if (refusal) return bar.rest(refusal);
    const chosen = chosenPolicies(values);
    const run = runOf(values);
    shown = values;
    const done: (Simulated & { readonly label: string })[] = [];
    const show = (): void =>
      verdicts.replaceChildren(verdictTable(chosen.map(({ label }, at) => ({ label, result: done[at]?.result }))));
    show();
    bar.progress(0, chosen[0]!.label);
    const heard = (news: SimulationNews): void => {
      if (news.kind === 'failed') return bar.rest(`It could not be run: ${news.message}`);
      if (news.kind === 'progress') {
        return bar.progress((news.at + news.part) / chosen.length, chosen[news.at]!.label);
      }
      done.push({ ...chosen[news.at]!, result: news.result });
      show();
      for (const [id, spec] of Object.entries(fleetCharts(done, run))) charts[id]!.draw(spec);
      if (done.length === chosen.length)
        bar.rest(`Done: ${chosen.length === 1 ? 'one policy' : `${chosen.length} policies`}.`);
    };
    running = beginSimulation(
      chosen.map(({ policy }) => scenarioFor(values, policy)),
      heard,
    );
  }

  return {
    root: element(
      'div',
      { class: 'view' },
      form.root,
      element(
        'div',
        { class: 'shown' },
        element('div', {}, bar.root, load),
        element('div', {}, verdicts, element('p', { class: 'legend' }, LEGEND)),
        element('div', { class: 'charts' }, ...Object.values(charts).map(({ root }) => root)),
        element('div', { class: 'codes' }, code.root, json.root),
      ),
    ),
    open(given) {
      values = given as unknown as FleetValues;
      form.fill(given);
      describe();
      if (values !== shown) start();
    },
  };
}

const LEGEND =
  'Stable: goodput is back within 20 s of the end of the trouble. Slow: later. Metastable: not at all, although nothing is wrong any more. Requests: sent for each that would have been without retries and hedges.';

function runOf(values: FleetValues): Run {
  const [at, lasts, duration] = [values.at, values.lasts, values.duration].map(parseDuration) as [
    number,
    number,
    number,
  ];
  const interval = scenarioJson(values)['interval'] as number;
  const label = new Map<string, string>(FLEET_FORM.trigger.choices).get(values.trigger) ?? '';
  if (values.trigger === 'none') return { interval, duration };
  return { interval, duration, shade: { from: at / 1_000, to: (at + lasts) / 1_000, label } };
}
