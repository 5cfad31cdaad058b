/** A time in ms for people: whole ones; what is shorter than one, and would be rounded to nothing, to three digits. */
export function roundMs(ms: number): number {
  return ms < 1 ? Number(ms.toPrecision(3)) : Math.round(ms);
}
