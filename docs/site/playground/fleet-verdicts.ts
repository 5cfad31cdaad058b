import type { SimulationResult } from 'holdfast/simulator';
import { humanDuration } from './decimal.ts';
import { element } from './element.ts';

/** A row of the table: a policy, and its result as soon as there is one. */
export interface VerdictRow {
  readonly label: string;
  readonly result?: SimulationResult | undefined;
}

/** What came of each policy, in numbers. */
export function verdictTable(rows: readonly VerdictRow[]): HTMLElement {
  const head = ['policy', 'verdict', 'succeeded', 'requests', 'p99', 'recovery'];
  return element(
    'table',
    { id: 'verdicts' },
    element('thead', {}, element('tr', {}, ...head.map((cell) => element('th', { scope: 'col' }, cell)))),
    element(
      'tbody',
      {},
      ...rows.map(({ label, result }, at) =>
        element(
          'tr',
          {},
          element('th', { scope: 'row' }, element('i', { class: `swatch series-${at + 1}` }), label),
          ...(result ? cellsOf(result) : head.slice(1).map(() => element('td', {}, '…'))),
        ),
      ),
    ),
  );
}

function cellsOf({ verdict, goodput, amplification, latency, recovery, stopped }: SimulationResult): HTMLElement[] {
  const word = stopped ? `stopped: ${stopped.why}` : verdict;
  return [
    element('td', { class: `verdict ${verdict}` }, word),
    element('td', {}, `${(goodput * 100).toFixed(1)} %`),
    element('td', {}, `${amplification.toFixed(2)} ×`),
    element('td', {}, latency.p99 === null ? '–' : humanDuration(latency.p99)),
    element('td', {}, recovery === Infinity ? 'never' : humanDuration(recovery)),
  ];
}
