import type { Scenario } from '../simulator/index.ts';
import { countText, figureText, percentText } from './figure-text.ts';
import { simulationSeries } from './simulation-series.ts';
import type { SimulatedPolicy } from './simulation-runs.ts';
import { sparkLine } from './spark-line.ts';
import { textTable } from './text-table.ts';

/** What a report is about. */
export interface SimulationReport {
  /** Of the file. */
  readonly name: string;
  readonly scenario: Scenario;
  readonly seeds: readonly number[];
  readonly policies: readonly SimulatedPolicy[];
}

/** A report for a terminal: a table of the policies, and the curves of the first seed. */
export function simulationText(report: SimulationReport, columns: number): string {
  const { name, scenario, seeds, policies } = report;
  const { duration, interval = 1_000, clients, triggers = [] } = scenario;
  const count = clients.reduce((all, group) => all + group.count, 0);
  const about = [
    `${figureText(duration)} simulated`,
    `${count} ${count === 1 ? 'client' : 'clients'}`,
    seedsText(seeds),
  ];
  const head = [`${name}: ${about.join(', ')}`, ...triggers.map((trigger) => triggerText(trigger))].join('\n');
  const details = policies.map((policy) => {
    const { first } = policy;
    const label = `${policy.name}, seed ${first.seed}: ${verdictText(policy)}`;
    const lines = simulationSeries(first.series, interval, duration).flatMap(({ unit, title, curves }) => {
      const top = Math.max(...curves.flatMap(({ values }) => values.map(Number)));
      return [
        `  ${title}, ${unit}, up to ${countText(top)}`,
        ...curves.map((curve) => `  ${curve.name.padEnd(LABEL)}${sparkLine(curve.values, top, columns - LABEL - 4)}`),
      ];
    });
    const stopped = first.stopped && `  Ended at ${figureText(first.stopped.at)}: ${first.stopped.why}.`;
    return [label, ...(stopped ? [stopped] : []), ...lines, ''].join('\n');
  });
  return `${head}\n\n${textTable(simulationTable(report), 2)}\n${details.join('\n')}`;
}

const LABEL = 22;

/** The figures of all policies, the heading first: medians over the seeds, with their range where there are several. */
export function simulationTable({ seeds, policies }: SimulationReport): string[][] {
  const rows = policies.map((policy) => {
    const spread = ({ median, min, max }: SimulatedPolicy['goodput'], text: (value: number) => string): string =>
      seeds.length > 1 && min !== max ? `${text(median)} (${text(min)} to ${text(max)})` : text(median);
    return [
      policy.name,
      verdictText(policy),
      spread(policy.goodput, percentText),
      spread(policy.amplification, (value) => value.toFixed(2)),
      spread(policy.p50, figureText),
      spread(policy.p99, figureText),
      spread(policy.recovery, figureText),
    ];
  });
  return [['policy', 'verdict', 'succeeded', 'requests per call', 'p50', 'p99', 'back after'], ...rows];
}

/** `stable`, or `stable 9, slow 1`. */
function verdictText({ verdicts }: SimulatedPolicy): string {
  const found = Object.entries(verdicts).filter(([, count]) => count);
  return found.map(([verdict, count]) => (found.length > 1 ? `${verdict} ${count}` : verdict)).join(', ');
}

/** Which seeds, in words. */
export function seedsText(seeds: readonly number[]): string {
  return seeds.length > 1 ? `seeds ${seeds[0]} to ${seeds.at(-1)}` : `seed ${seeds[0]}`;
}

/** What goes wrong and when, in words. */
export function triggerText(trigger: NonNullable<Scenario['triggers']>[number]): string {
  const { kind, at, duration } = trigger;
  const how = 'factor' in trigger ? ` ×${trigger.factor}` : 'rate' in trigger ? ` of ${percentText(trigger.rate)}` : '';
  const target = 'group' in trigger ? trigger.group : 'service' in trigger ? trigger.service : undefined;
  const where = target === undefined ? '' : ` of ${target}`;
  return `${kind}${how}${where} at ${figureText(at)} for ${figureText(duration)}`;
}
