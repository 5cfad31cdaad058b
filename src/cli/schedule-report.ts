import { bandPlot } from './band-plot.ts';
import { chart } from './chart.ts';
import { inUnit, type Unit } from './in-unit.ts';
import { jsonOf } from './json-of.ts';
import type { ScheduleRow } from './schedule-rows.ts';
import { textTable } from './text-table.ts';
import type { Decimal } from './decimal.ts';

/** A schedule as it is to be shown. */
export interface ScheduleReport {
  /** At least one. */
  readonly rows: readonly ScheduleRow[];
  readonly unit: Unit;
  /** Ms. */
  readonly baseDelay: number;
  /** As `holdfast/json` reads it. */
  readonly backoff: object;
  readonly seed: number;
  /** Whether the means are exact, and no estimates. */
  readonly exact: boolean;
  /** Of the terminal. */
  readonly columns: number;
}

/** The forms that a schedule can have. */
export const scheduleReport: { readonly [Format in ScheduleFormat]: (report: ScheduleReport) => string } = {
  table: (report) => {
    const about = report.exact ? '' : ' Means are estimates, within about 3 %.';
    return `${textTable(cells(report))}\nAll times in ${LONG[report.unit]}.${about}\n`;
  },
  csv: (report) =>
    cells(report)
      .map((row) => `${row.join(',')}\n`)
      .join(''),
  plot: ({ rows, unit, columns, exact }) => {
    const bands = rows.map(({ retry, delay: { min, mean, max } }) => ({
      label: `retry ${retry}`,
      min: numberOf(min),
      mean: numberOf(mean),
      max: numberOf(max),
      note: same(min, max) ? `${inUnit(min, unit)} ${unit}` : `${inUnit(min, unit)} to ${inUnit(max, unit)} ${unit}`,
    }));
    const legend = rows.some(({ delay: { min, max } }) => !same(min, max))
      ? `░ where the delay can lie, ◆ ${exact ? '' : 'about '}its mean`
      : '';
    return `${bandPlot(bands, columns)}${legend && `\n${legend}\n`}`;
  },
  json: ({ rows, unit, baseDelay, backoff, seed, exact }) => {
    const number = (ms: Decimal): number => Number(inUnit(ms, unit));
    const band = ({ min, mean, max }: ScheduleRow['delay']): object => ({
      min: number(min),
      mean: number(mean),
      max: number(max),
    });
    const delays = rows.map(({ retry, delay, total, samples }) => ({
      retry,
      delay: band(delay),
      total: band(total),
      samples: samples.map((each) => number(each.delay)),
    }));
    return jsonOf({ unit, baseDelay, backoff, seed, means: exact ? 'exact' : 'estimated', delays });
  },
  svg: ({ rows, unit, exact }) => {
    const value = (ms: Decimal): number => Number(inUnit(ms, unit));
    const varies = rows.some(({ delay: { min, max } }) => !same(min, max));
    const samples = rows.flatMap(({ retry, samples: drawn }) =>
      drawn.map(({ delay }) => [retry, value(delay)] as const),
    );
    return `${chart({
      id: 'schedule',
      title: 'Delay before each retry',
      description: rows
        .map(
          ({ retry, delay: { min, max } }) =>
            `retry ${retry}: ${value(min)}${same(min, max) ? '' : ` to ${value(max)}`} ${unit}`,
        )
        .join('; '),
      x: 'retry',
      y: `delay, ${unit}`,
      start: 1,
      series: [
        ...(varies
          ? [
              {
                name: 'possible',
                kind: 'band' as const,
                colour: 0,
                points: rows.map(({ retry, delay: { min, max } }) => [retry, value(min), value(max)] as const),
              },
            ]
          : []),
        {
          name: varies ? `${exact ? '' : 'about the '}mean` : 'delay',
          kind: 'line',
          colour: 0,
          points: rows.map(({ retry, delay }) => [retry, value(delay.mean)] as const),
        },
        ...(samples.length ? [{ name: 'drawn', kind: 'dots' as const, colour: 1, points: samples }] : []),
      ],
    })}\n`;
  },
};

/** What `--format` of `schedule` may be. */
export type ScheduleFormat = 'table' | 'plot' | 'svg' | 'json' | 'csv';

const LONG: { readonly [Name in Unit]: string } = { ms: 'ms', s: 'seconds', m: 'minutes', h: 'hours' };

/** Heading and rows; what cannot vary is said once. */
function cells({ rows, unit }: ScheduleReport): string[][] {
  const varies = rows.some(({ delay: { min, max } }) => !same(min, max));
  const many = rows[0]!.samples.length;
  const drawn = Array.from({ length: many }, (_, index) => (many > 1 ? ` ${index + 1}` : ''));
  const head = varies ? ['min', 'mean', 'max', 'total mean', 'total max'] : ['delay', 'total'];
  const body = rows.map(({ retry, delay, total, samples }) => {
    const all = varies ? [delay.min, delay.mean, delay.max, total.mean, total.max] : [delay.max, total.max];
    const pairs = samples.flatMap((each) => [each.delay, each.total]);
    return [`${retry}`, ...[...all, ...pairs].map((ms) => inUnit(ms, unit))];
  });
  return [['retry', ...head, ...drawn.flatMap((which) => [`drawn${which}`, `total${which}`])], ...body];
}

function numberOf({ digits, places }: Decimal): number {
  return Number(`${digits}e-${places}`);
}

function same(one: Decimal, other: Decimal): boolean {
  return numberOf(one) === numberOf(other);
}
