import { escapeMarkup } from './escape-markup.ts';
import { niceTicks } from './nice-ticks.ts';

/** From values to places in the drawing. */
export interface Scale {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
  readonly top: number;
  readonly bottom: number;
}

/** What stands around the shapes of a chart. */
export interface ChartFrame {
  readonly width: number;
  readonly height: number;
  readonly scale: Scale;
  /** Axes, grid, ticks and their labels. */
  readonly markup: string;
  /** Where the entry of each series stands. */
  readonly legend: readonly (readonly [x: number, y: number])[];
}

/** What it is drawn for. */
interface Framed {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly start?: number;
  readonly series: readonly { readonly name: string; readonly points: readonly (readonly number[])[] }[];
  readonly spans?: readonly { readonly to: number }[];
}

const WIDTH = 400;
const PLOT_HEIGHT = 200;
const LINE = 17;
const RIGHT = WIDTH - 12;
/** About how wide a letter is at 12 px. */
const LETTER = 6.6;

/** The frame of a chart: title, legend, axes from 0 to a round number. */
export function chartFrame({ title, x, y, start = 0, series, spans = [] }: Framed): ChartFrame {
  const points = series.flatMap((each) => each.points);
  const largest = (values: readonly number[]): number =>
    values.filter(Number.isFinite).reduce((a, b) => Math.max(a, b), 0);
  const end = largest([...points.map(([across]) => across!), ...spans.map(({ to }) => to)]);
  const ticks = niceTicks(largest(points.flatMap(([, ...ups]) => ups)));
  const across = niceTicks(end, 7).filter((tick) => tick >= start && tick <= end * 1.000001);
  const left = Math.max(...ticks.map((tick) => short(tick).length)) * LETTER + 14;
  const { places, rows } = legendPlaces(series.map(({ name }) => name));
  const top = 50 + rows * LINE;
  const bottom = top + PLOT_HEIGHT;
  const scale: Scale = {
    x: (value) => left + ((value - start) / (end - start || 1)) * (RIGHT - left),
    y: (value) => bottom - (value / ticks.at(-1)!) * PLOT_HEIGHT,
    top,
    bottom,
  };
  const rowsOfGrid = ticks.map((tick) => {
    const at = scale.y(tick).toFixed(1);
    return `<path class="grid" d="M${left.toFixed(1)} ${at}H${RIGHT}"/><text text-anchor="end" x="${(left - 6).toFixed(1)}" y="${Number(at) + 4}">${short(tick)}</text>`;
  });
  const columns = across.map((tick) => {
    const at = scale.x(tick).toFixed(1);
    return `<path class="grid" d="M${at} ${bottom}v4"/><text text-anchor="middle" x="${at}" y="${bottom + LINE}">${short(tick)}</text>`;
  });
  const middle = ((left + RIGHT) / 2).toFixed(1);
  return {
    width: WIDTH,
    height: bottom + 2 * LINE + 8,
    scale,
    markup: [
      `<text x="8" y="18" font-weight="600">${escapeMarkup(title)}</text>`,
      ...rowsOfGrid,
      ...columns,
      `<text class="label" x="8" y="${top - 11}">${escapeMarkup(y)}</text>`,
      `<text class="label" text-anchor="middle" x="${middle}" y="${bottom + 2 * LINE}">${escapeMarkup(x)}</text>`,
    ].join('\n'),
    legend: places,
  };
}

/** From left to right, in as many rows as it takes. */
function legendPlaces(names: readonly string[]): { places: (readonly [number, number])[]; rows: number } {
  let [left, row] = [8, 0];
  const places = names.map((name) => {
    const width = 23 + name.length * LETTER + 14;
    if (left > 8 && left + width > RIGHT) [left, row] = [8, row + 1];
    const place = [left, 18 + (row + 1) * LINE] as const;
    left += width;
    return place;
  });
  return { places, rows: row + 1 };
}

/** A number for an axis. */
function short(value: number): string {
  for (const [size, letter] of [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e4, 'k'],
  ] as const) {
    if (value >= size) return `${Number((value / (letter === 'k' ? 1e3 : size)).toPrecision(4))}${letter}`;
  }
  return `${Number(value.toPrecision(4))}`;
}
