import type uPlot from 'uplot';
import type { ChartSpec } from './chart-spec.ts';
import { colourOf } from './colours.ts';

/** The least distance of two labels, in CSS pixels. */
const LINE_HEIGHT = 15;

/** The room that the labels need on the right, in CSS pixels. */
export function labelRoom({ lines }: ChartSpec, font: string): number {
  const context = document.createElement('canvas').getContext('2d');
  if (!context) return 0;
  context.font = font;
  const shown = lines.filter(({ quiet }) => !quiet);
  return Math.max(12, ...shown.map(({ label }) => context.measureText(label).width + 12));
}

/** Names each line at its end, where the eye follows it to; labels that would collide move apart. */
export function drawEndLabels(plot: uPlot, { lines }: ChartSpec, font: string): void {
  const { ctx, bbox } = plot;
  const ratio = devicePixelRatio;
  const labels = lines
    .filter(({ quiet }) => !quiet)
    .flatMap(({ label, values, colour }) => {
      const last = values.findLast((value) => value !== null);
      return last === undefined || last === null ? [] : [{ label, colour, y: plot.valToPos(last, 'y', true) }];
    })
    .sort((a, b) => a.y - b.y);
  const gap = LINE_HEIGHT * ratio;
  labels.forEach((each, at) => {
    each.y = Math.max(each.y, (labels[at - 1]?.y ?? -Infinity) + gap);
  });
  // What was pushed below the floor goes back up, and takes those above along.
  let floor = bbox.top + bbox.height;
  for (const each of labels.toReversed()) {
    each.y = Math.min(each.y, floor);
    floor = each.y - gap;
  }
  ctx.save();
  ctx.font = scaled(font, ratio);
  ctx.textAlign = 'left';
  ctx.textBaseline = 'middle';
  for (const { label, colour, y } of labels) {
    ctx.fillStyle = colourOf(colour);
    ctx.fillText(label, bbox.left + bbox.width + 7 * ratio, y);
  }
  ctx.restore();
}

/** Shades a time behind the lines, with its name on top. */
export function drawShade(plot: uPlot, { shade }: ChartSpec, font: string): void {
  if (!shade) return;
  const { ctx, bbox } = plot;
  const [left, right] = [shade.from, shade.to].map((x) => plot.valToPos(x, 'x', true)) as [number, number];
  ctx.save();
  ctx.fillStyle = colourOf('shade');
  ctx.fillRect(left, bbox.top, right - left, bbox.height);
  ctx.fillStyle = colourOf('quiet');
  ctx.font = scaled(font, devicePixelRatio);
  ctx.textAlign = 'left';
  ctx.textBaseline = 'bottom';
  ctx.fillText(shade.label, left, bbox.top - 1);
  ctx.restore();
}

/** A font for a canvas whose pixels are smaller than those of CSS. */
function scaled(font: string, ratio: number): string {
  return font.replace(/^(\d+)px/, (_, size: string) => `${Number(size) * ratio}px`);
}
