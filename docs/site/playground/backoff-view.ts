import { backoffCode, backoffDocument } from './backoff-code.ts';
import { asksFor, BACKOFF_FORM, type BackoffValues } from './backoff-form.ts';
import { planOf, type BackoffPlan } from './backoff-plan.ts';
import { makeChart } from './chart.ts';
import type { ChartLine, ChartSpec } from './chart-spec.ts';
import { codeBox } from './copy.ts';
import { exactIn, roundIn, type Unit } from './decimal.ts';
import { element } from './element.ts';
import type { Values } from './field.ts';
import { makeForm } from './form.ts';

/** A view of the playground: its form, and what it shows. */
export interface View {
  readonly root: HTMLElement;
  /** Fills the form, and shows what belongs to it. */
  open(values: Values): void;
}

/** The view of a backoff: how far each delay lies, samples, totals, code. */
export function backoffView(changed: (values: Values) => void): View {
  const chart = makeChart('delays', false);
  const totals = element('dl', { class: 'figures', id: 'totals' });
  const table = element('div', { class: 'table', tabindex: '0', role: 'group', 'aria-label': 'Delays' });
  const code = codeBox('backoff-code', 'TypeScript');
  const json = codeBox('backoff-json', 'JSON');

  const draw = (values: BackoffValues): void => {
    form.show((name) => asksFor(name as keyof BackoffValues, values));
    try {
      const plan = planOf(values);
      chart.draw(chartOf(plan, values));
      totals.replaceChildren(...totalsOf(plan, values));
      table.replaceChildren(tableOf(plan, values));
      code.put(backoffCode(plan, values));
      json.put(backoffDocument(plan, values));
    } catch (error) {
      totals.replaceChildren(element('p', { class: 'error', role: 'alert' }, (error as Error).message));
    }
  };
  const form = makeForm(
    'backoff',
    BACKOFF_FORM,
    [
      { title: 'Delay', names: ['strategy', 'base', 'factor', 'increment', 'delays', 'cap'] },
      { title: 'Chance', names: ['jitter', 'spread', 'ratio', 'seed'] },
      { title: 'Show', names: ['retries', 'unit'] },
    ],
    (values) => {
      draw(values as unknown as BackoffValues);
      changed(values);
    },
  );
  return {
    root: element(
      'div',
      { class: 'view' },
      form.root,
      element(
        'div',
        { class: 'shown' },
        totals,
        chart.root,
        table,
        element('div', { class: 'codes' }, code.root, json.root),
      ),
    ),
    open(values) {
      form.fill(values);
      draw(values as unknown as BackoffValues);
    },
  };
}

/** A delay as text: exact where it is, rounded where chance or a mean has made it. */
function delayText({ jittered }: BackoffPlan, unit: Unit): (ms: number) => string {
  return (ms) => (jittered ? roundIn(ms, unit) : exactIn(ms, unit));
}

function chartOf(plan: BackoffPlan, { unit }: BackoffValues): ChartSpec {
  const text = delayText(plan, unit as Unit);
  const { bounds, samples, jittered } = plan;
  const dots = samples.map((values, at): ChartLine => {
    return { label: `sample ${at + 1}`, values, colour: 'series-2', dots: true, quiet: true };
  });
  const edges: ChartLine[] = [
    { label: 'longest', values: bounds.map(({ max }) => max), colour: 'quiet', width: 1, dash: [2, 3] },
    { label: 'shortest', values: bounds.map(({ min }) => min), colour: 'quiet', width: 1, dash: [2, 3] },
  ];
  const mean = { label: jittered ? 'mean' : 'delay', values: bounds.map((each) => each.mean), colour: 'accent' };
  return {
    title: 'Delay before each retry',
    unit: jittered ? `${unitName(unit)}; the dots are ${samples.length} samples` : unitName(unit),
    x: {
      label: 'retry',
      values: bounds.map((_, index) => index + 1),
      format: (x) => (Number.isInteger(x) ? `${x}` : ''),
    },
    lines: jittered ? [...edges, mean, ...dots] : [{ ...mean, values: samples[0]! }],
    ...(jittered && { band: { upper: 0, lower: 1, colour: 'tint' } }),
    format: text,
  };
}

function totalsOf(plan: BackoffPlan, { unit }: BackoffValues): HTMLElement[] {
  const text = delayText(plan, unit as Unit);
  const sum = (values: readonly number[]): string => `${text(values.reduce((all, each) => all + each, 0))} ${unit}`;
  const { bounds, samples, jittered } = plan;
  const figures: [name: string, value: string][] = jittered
    ? [
        ['on average, all waits', sum(bounds.map(({ mean }) => mean))],
        ['at most', sum(bounds.map(({ max }) => max))],
        ['the first sample', sum(samples[0]!)],
      ]
    : [
        ['all waits', sum(samples[0]!)],
        ['the last one', `${text(samples[0]!.at(-1)!)} ${unit}`],
      ];
  return figures.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value)));
}

function tableOf(plan: BackoffPlan, { unit }: BackoffValues): HTMLElement {
  const text = delayText(plan, unit as Unit);
  const { bounds, samples, jittered } = plan;
  const sample = samples[0]!;
  const head = jittered
    ? ['retry', 'shortest', 'mean', 'longest', 'a sample', 'and its total']
    : ['retry', 'delay', 'total'];
  let total = 0;
  const rows = bounds.map(({ min, mean, max }, index) => {
    const delay = sample[index]!;
    total += delay;
    const cells = jittered ? [min, mean, max, delay, total] : [delay, total];
    return element(
      'tr',
      {},
      element('th', { scope: 'row' }, `${index + 1}`),
      ...cells.map((cell) => element('td', {}, text(cell))),
    );
  });
  return element(
    'table',
    { id: 'delay-table' },
    element('caption', {}, `In ${unitName(unit)}`),
    element('thead', {}, element('tr', {}, ...head.map((cell) => element('th', { scope: 'col' }, cell)))),
    element('tbody', {}, ...rows),
  );
}

function unitName(unit: string): string {
  return new Map<string, string>(BACKOFF_FORM.unit.choices).get(unit) ?? unit;
}
