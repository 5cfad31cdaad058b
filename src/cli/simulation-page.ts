import { chart, type Span } from './chart.ts';
import { escapeMarkup } from './escape-markup.ts';
import { countText, figureText } from './figure-text.ts';
import { htmlTable, page } from './page.ts';
import { resample } from './resample.ts';
import { simulationSeries, type SimulationPlot } from './simulation-series.ts';
import { seedsText, simulationTable, triggerText, type SimulationReport } from './simulation-text.ts';

/** Points of a curve, and rows of a table. */
const MOST_POINTS = 400;
const MOST_ROWS = 60;

/** A report as a page: the table, all policies in one plot, and the plots of each. */
export function simulationPage(report: SimulationReport): string {
  const { name, scenario, seeds, policies } = report;
  const { duration, interval = 1_000, clients, triggers = [] } = scenario;
  const count = clients.reduce((all, group) => all + group.count, 0);
  const spans = triggers.map(({ kind, at, duration: length }) => ({
    from: at / 1_000,
    to: (at + length) / 1_000,
    name: kind,
  }));
  const plots = policies.map(({ first }) => simulationSeries(first.series, interval, duration));
  const figures = (all: readonly SimulationPlot[], id: string): string =>
    `<div class="charts">${all.map((plot, index) => figure(plot, `${id}-${index}`, { duration, spans })).join('\n')}</div>`;
  const many = policies.length > 1;
  const sections = policies.map(({ name: policy, first }, index) => {
    const stopped = first.stopped && `Ended at ${figureText(first.stopped.at)}: ${first.stopped.why}.`;
    return [
      `<h2>${escapeMarkup(policy)}</h2>`,
      `<p class="soft">Seed ${first.seed}: ${first.verdict}. ${escapeMarkup(stopped ?? '')}</p>`,
      figures(plots[index]!, `policy-${index}`),
    ].join('\n');
  });
  return page(
    `${name} · holdfast`,
    [
      `<h1>${escapeMarkup(name)}</h1>`,
      `<p class="soft">${figureText(duration)} simulated, ${count} clients, ${seedsText(seeds)}</p>`,
      ...triggers.map((trigger) => `<p>${escapeMarkup(triggerText(trigger))}</p>`),
      htmlTable(seeds.length > 1 ? 'Medians over the seeds, with their range' : 'One run', simulationTable(report)),
      ...(many ? ['<h2>Side by side</h2>', figures(sideBySide(report, plots), 'all')] : []),
      ...sections,
    ].join('\n'),
  );
}

/** One curve of each policy in the same plot. */
function sideBySide({ policies }: SimulationReport, plots: readonly (readonly SimulationPlot[])[]): SimulationPlot[] {
  const [load] = plots[0]!;
  const curves = (index: number): SimulationPlot['curves'] =>
    policies.map(({ name }, policy) => ({ name, values: plots[policy]![0]!.curves[index]!.values }));
  const [offered] = load!.curves;
  return [
    { title: 'Calls that succeeded', unit: load!.unit, curves: [...curves(2), offered!] },
    { title: 'Requests sent', unit: load!.unit, curves: [...curves(1), offered!] },
  ];
}

function figure(
  { title, unit, curves }: SimulationPlot,
  id: string,
  { duration, spans }: { readonly duration: number; readonly spans: readonly Span[] },
): string {
  const sampled = curves.map((curve, index) => ({
    name: curve.name,
    colour: curve.colour ?? index,
    values: resample(curve.values, MOST_POINTS),
  }));
  const largest = sampled.map(({ name, values }) => `${name} up to ${countText(Math.max(...values.map(Number)))}`);
  const width = duration / 1_000 / sampled[0]!.values.length;
  const svg = chart({
    id,
    title,
    description: `${title}, ${unit}, over ${figureText(duration)}: ${largest.join(', ')}.`,
    x: 'seconds',
    y: unit,
    spans,
    series: sampled.map(({ name, colour, values }) => ({
      name,
      colour,
      kind: 'line',
      points: values.map((value, index) => [(index + 0.5) * width, value ?? NaN] as const),
    })),
  });
  return `<figure>${svg}<details><summary>${escapeMarkup(title)} in numbers</summary>${htmlTable(`${title}, ${unit}`, rows(curves, duration))}</details></figure>`;
}

function rows(curves: SimulationPlot['curves'], duration: number): string[][] {
  const columns = curves.map(({ values }) => resample(values, MOST_ROWS));
  const width = duration / 1_000 / columns[0]!.length;
  return [
    ['from second', ...curves.map(({ name }) => name)],
    ...columns[0]!.map((_, index) => [
      countText(index * width),
      ...columns.map((column) => (column[index] === null ? '–' : countText(column[index]!))),
    ]),
  ];
}
