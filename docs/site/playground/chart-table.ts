import type { ChartSpec } from './chart-spec.ts';
import { element } from './element.ts';

/** The values of a chart as a table, for who cannot see it, and for who wants the numbers. */
export function chartTable({ title, x, lines, format }: ChartSpec): HTMLElement {
  const shown = lines.filter(({ quiet }) => !quiet);
  const head = [x.label, ...shown.map(({ label }) => label)];
  return element(
    'div',
    { class: 'table', tabindex: '0', role: 'group', 'aria-label': `${title}: values` },
    element(
      'table',
      {},
      element('thead', {}, element('tr', {}, ...head.map((cell) => element('th', { scope: 'col' }, cell)))),
      element(
        'tbody',
        {},
        ...x.values.map((at, index) =>
          element(
            'tr',
            {},
            element('th', { scope: 'row' }, x.format(at)),
            ...shown.map(({ values }) => {
              const value = values[index];
              return element('td', {}, value === null || value === undefined ? '–' : format(value));
            }),
          ),
        ),
      ),
    ),
  );
}
