/** A part of a whole in percent, with a place after the point. */
export function percentText(part: number): string {
  return `${(part * 100).toFixed(1)} %`;
}

/** A duration for people, to three digits; `Infinity` is never, `null` is nothing measured. */
export function figureText(ms: number | null): string {
  if (ms === null) return '–';
  if (ms === Infinity) return 'never';
  const [size, unit] = ms >= 1_000 ? [1_000, 's'] : [1, 'ms'];
  return `${Number((ms / size).toPrecision(3))} ${unit}`;
}

/** A number for people, to three digits. */
export function countText(value: number): string {
  return `${value >= 100 ? Math.round(value) : Number(value.toPrecision(3))}`;
}
