import { chartFrame, type Scale } from './chart-frame.ts';
import { escapeMarkup } from './escape-markup.ts';

/** A point of a series. */
export type Point = readonly [x: number, y: number];

/** One thing that a chart shows. */
export interface Series {
  readonly name: string;
  /** A line through points; dots alone; or an area between two lines, whose points have a low and a high end. */
  readonly kind: 'line' | 'dots' | 'band';
  /** In order of x. A `y` that is not finite is a gap. */
  readonly points: readonly (Point | readonly [x: number, low: number, high: number])[];
  /** Which of the six colours, from 0 · default: its place among the series. */
  readonly colour?: number;
}

/** A part of the x axis that is shaded, and what it is. */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly name: string;
}

/** What a chart shows. */
export interface ChartContent {
  /** Unique on its page. */
  readonly id: string;
  readonly title: string;
  /** What there is to see, for those who do not see it. */
  readonly description: string;
  readonly x: string;
  readonly y: string;
  readonly series: readonly Series[];
  readonly spans?: readonly Span[];
  /** Where the x axis begins · default 0. */
  readonly start?: number;
}

/**
 * A chart as an SVG that stands alone or in a page: light or dark as its reader has it, and described for screen
 * readers. Series differ by dashes as well as by colour.
 */
export function chart(content: ChartContent): string {
  const { id, title, description, series, spans = [] } = content;
  const frame = chartFrame(content);
  const { scale } = frame;
  const shades = spans.map(({ from, to, name }) => {
    const left = scale.x(from);
    const width = Math.max(1, scale.x(to) - left).toFixed(1);
    const label = `<text class="label" x="${(left + 3).toFixed(1)}" y="${scale.top + 11}">${escapeMarkup(name)}</text>`;
    return `<rect class="span" x="${left.toFixed(1)}" y="${scale.top}" width="${width}" height="${scale.bottom - scale.top}"/>${label}`;
  });
  const shapes = series.map((each, index) => shape(each, (each.colour ?? index) % COLOURS.length, scale));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="chart" width="${frame.width}" height="${frame.height}" viewBox="0 0 ${frame.width} ${frame.height}" role="img" aria-labelledby="${id}-title ${id}-description">`,
    `<title id="${id}-title">${escapeMarkup(title)}</title>`,
    `<desc id="${id}-description">${escapeMarkup(description)}</desc>`,
    `<style>${STYLE}</style>`,
    ...shades,
    frame.markup,
    ...shapes,
    `${legend(series, frame.legend)}</svg>`,
  ].join('\n');
}

/**
 * Colours that most people can tell apart, for light and for dark ground.
 *
 * Source: M. Okabe, K. Ito, Color Universal Design, 2008; lighter for dark ground.
 */
const COLOURS = [
  ['#0072b2', '#56b4e9'],
  ['#d55e00', '#ff8c42'],
  ['#007d5a', '#3ddbaa'],
  ['#aa4499', '#e59bc8'],
  ['#8a6a00', '#f0c14b'],
  ['#555555', '#bbbbbb'],
] as const;

const DASHES = ['', '7 3', '2 3', '9 3 2 3', '4 2', '1 2'];

const STYLE = [
  '.chart{font:12px system-ui,sans-serif;max-width:100%;height:auto;background:var(--ground);--ground:#fff;--ink:#222;--grid:#ddd;--shade:#f3e3c8;',
  `${COLOURS.map(([light], index) => `--c${index}:${light}`).join(';')}}`,
  '@media(prefers-color-scheme:dark){.chart{--ground:#16181c;--ink:#ddd;--grid:#3a3d44;--shade:#4a3b1f;',
  `${COLOURS.map(([, dark], index) => `--c${index}:${dark}`).join(';')}}}`,
  '.chart text{fill:var(--ink)}.chart .label{font-size:11px}.chart .grid{stroke:var(--grid)}.chart .span{fill:var(--shade)}',
  '.chart .line{fill:none;stroke-width:2;stroke-linejoin:round}.chart .band{opacity:.25;stroke:none}',
].join('');

function shape({ kind, points }: Series, colour: number, { x, y }: Scale): string {
  const paint = `var(--c${colour})`;
  const at = (across: number, up: number): string => `${x(across).toFixed(1)} ${y(up).toFixed(1)}`;
  const seen = points.filter((point) => point.every(Number.isFinite));
  if (kind === 'dots') {
    const dot = ([across, up]: (typeof points)[number]): string =>
      `<circle cx="${x(across).toFixed(1)}" cy="${y(up).toFixed(1)}" r="2.5"/>`;
    return `<g fill="${paint}">${seen.map(dot).join('')}</g>`;
  }
  if (kind === 'band') {
    const low = seen.map(([across, up]) => at(across, up));
    const high = seen.map(([across, up, top = up]) => at(across, top)).reverse();
    return seen.length ? `<path class="band" fill="${paint}" d="M${[...low, ...high].join('L')}Z"/>` : '';
  }
  let pen = 'M';
  const path = points.map((point) => {
    if (!point.every(Number.isFinite)) return void (pen = 'M');
    const step = `${pen}${at(point[0], point[1])}`;
    pen = 'L';
    return step;
  });
  return `<path class="line" stroke="${paint}" stroke-dasharray="${DASHES[colour]}" d="${path.join('')}"/>`;
}

function legend(series: readonly Series[], places: readonly Point[]): string {
  return series
    .map(({ name, kind, colour }, index) => {
      const [left, top] = places[index]!;
      const which = (colour ?? index) % COLOURS.length;
      const mark = {
        line: `<path class="line" stroke="var(--c${which})" stroke-dasharray="${DASHES[which]}" d="M${left} ${top - 4}h18"/>`,
        dots: `<circle fill="var(--c${which})" cx="${left + 9}" cy="${top - 4}" r="3"/>`,
        band: `<rect class="band" fill="var(--c${which})" x="${left}" y="${top - 9}" width="18" height="10"/>`,
      }[kind];
      return `${mark}<text x="${left + 23}" y="${top}">${escapeMarkup(name)}</text>`;
    })
    .join('');
}
