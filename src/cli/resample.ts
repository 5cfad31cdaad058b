/**
 * A series in at most so many values: neighbours become their mean. `null` stands for nothing measured; the mean of
 * nothing but that is `null`.
 */
export function resample(values: readonly (number | null)[], most: number): (number | null)[] {
  const size = Math.max(1, Math.ceil(values.length / most));
  return Array.from({ length: Math.ceil(values.length / size) }, (_, index) => {
    const known = values.slice(index * size, (index + 1) * size).filter((value) => value !== null);
    return known.length ? known.reduce((all, each) => all + each, 0) / known.length : null;
  });
}
