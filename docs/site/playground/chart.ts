import uPlot from 'uplot';
import { drawEndLabels, drawShade, labelRoom } from './chart-marks.ts';
import { readOut, type ChartSpec } from './chart-spec.ts';
import { colourOf, onColourChange } from './colours.ts';
import { element } from './element.ts';
import { chartTable } from './chart-table.ts';

const HEIGHT = 230;
const FONT = '12px ui-sans-serif, system-ui, sans-serif';

/** A chart on the page, which can be given other values. */
export interface Chart {
  readonly root: HTMLElement;
  draw(spec: ChartSpec): void;
}

/**
 * Makes a chart: a canvas that also says its values. With the focus on it, the arrow keys walk along; below it stands
 * what it says there, and all of it as a table, unless the page has that `tabled` already.
 */
export function makeChart(id: string, tabled = true): Chart {
  const caption = element('figcaption', {});
  const canvas = element('div', { class: 'canvas', tabindex: '0', role: 'group', 'aria-roledescription': 'chart' });
  const said = element('output', { class: 'readout', 'aria-live': 'polite' });
  const table = element('details', { class: 'values' }, element('summary', {}, 'Values as a table'));
  const root = element('figure', { class: 'chart', id }, caption, canvas, said, tabled ? table : undefined);
  let plot: uPlot | undefined;
  let spec: ChartSpec | undefined;

  const say = (at: number | null | undefined): void => {
    if (spec) said.textContent = at === null || at === undefined ? '' : readOut(spec, at);
  };
  const rebuild = (): void => {
    plot?.destroy();
    plot = undefined;
    if (!spec || !canvas.clientWidth) return;
    const { x, lines } = spec;
    const columns = [x.values, ...lines.map(({ values }) => values)] as uPlot.AlignedData;
    plot = new uPlot(optionsOf(spec, canvas.clientWidth, say), columns, canvas);
  };
  new ResizeObserver(() => {
    if (plot && canvas.clientWidth) plot.setSize({ width: canvas.clientWidth, height: HEIGHT });
    else rebuild();
  }).observe(canvas);
  onColourChange(rebuild);
  canvas.addEventListener('keydown', (event) => {
    const last = (spec?.x.values.length ?? 0) - 1;
    const at = plot?.cursor.idx ?? -1;
    const moves = new Map([
      ['ArrowRight', at + 1],
      ['ArrowLeft', at < 0 ? last : at - 1],
      ['Home', 0],
      ['End', last],
    ]);
    const to = moves.get(event.key);
    if (to === undefined || !plot || !spec) return;
    event.preventDefault();
    const next = Math.min(last, Math.max(0, to));
    plot.setCursor({ left: plot.valToPos(spec.x.values[next]!, 'x'), top: 0 });
  });

  return {
    root,
    draw(given) {
      spec = given;
      caption.replaceChildren(element('b', {}, given.title), ` ${given.unit}`);
      canvas.setAttribute('aria-label', `${given.title}, ${given.unit}. Arrow keys read the values; a table follows.`);
      if (tabled) table.replaceChildren(table.firstElementChild!, chartTable(given));
      said.textContent = '';
      rebuild();
    },
  };
}

function optionsOf(spec: ChartSpec, width: number, say: (at: number | null | undefined) => void): uPlot.Options {
  const { x, lines, band, format } = spec;
  const [ink, line] = [colourOf('quiet'), colourOf('line')];
  const axis = { stroke: ink, font: FONT, ticks: { show: false }, grid: { stroke: line, width: 1 } };
  return {
    width,
    height: HEIGHT,
    padding: [14, labelRoom(spec, FONT), 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    scales: { x: { time: false }, y: { range: (_, __, most) => [0, (most || 1) * 1.06] } },
    axes: [
      { ...axis, grid: { show: false }, size: 30, values: (_, ticks) => ticks.map((tick) => x.format(tick)) },
      { ...axis, size: 58, values: (_, ticks) => ticks.map((tick) => format(tick)) },
    ],
    series: [
      {},
      ...lines.map(({ label, colour, dash, width: thick = 2, dots }) => ({
        label,
        stroke: colourOf(colour),
        width: dots ? 0 : thick,
        ...(dash && { dash: [...dash] }),
        ...(dots && { paths: () => null }),
        points: { show: dots ?? false, size: 4, width: 0, fill: colourOf(colour) },
      })),
    ],
    ...(band && { bands: [{ series: [band.upper + 1, band.lower + 1], fill: colourOf(band.colour) }] }),
    hooks: {
      drawClear: [(plot) => drawShade(plot, spec, FONT)],
      draw: [(plot) => drawEndLabels(plot, spec, FONT)],
      setCursor: [(plot) => say(plot.cursor.idx)],
    },
  };
}
