import { element } from './element.ts';
import type { Field, Fields, Values } from './field.ts';
import { readField } from './read-field.ts';

/** A form on the page. */
export interface Form {
  readonly root: HTMLElement;
  /** Puts values into the fields, without telling anybody. */
  fill(values: Values): void;
  /** Shows the fields that mean something, hides the others. */
  show(asks: (name: string) => boolean): void;
}

/** Fields with a heading above them. */
export interface FormGroup {
  readonly title: string;
  readonly names: readonly string[];
  /** Whether a small screen shows only its title at first. */
  readonly folds?: boolean;
}

/**
 * Makes a form of its table. `changed` gets the values whenever one has changed to something that can be read; what
 * cannot is said under the field, and changes nothing.
 */
export function makeForm(
  prefix: string,
  fields: Fields,
  groups: readonly FormGroup[],
  changed: (values: Values) => void,
): Form {
  let values: Record<string, string | number> = {};
  const rows = new Map(
    Object.entries(fields).map(([name, field]) => [
      name,
      row(`${prefix}-${name}`, field, (value) => {
        values = { ...values, [name]: value };
        changed(values);
      }),
    ]),
  );
  const root = element(
    'form',
    { class: 'form', submit: (event) => event.preventDefault() },
    ...groups.map(({ title, names, folds = false }) => {
      const fields = names.flatMap((name) => rows.get(name)?.root ?? []);
      if (!folds) return element('fieldset', {}, element('legend', {}, title), ...fields);
      const open = matchMedia('(min-width: 56rem)').matches;
      return element(
        'details',
        { open },
        element('summary', {}, title),
        element('fieldset', { 'aria-label': title }, ...fields),
      );
    }),
  );
  return {
    root,
    fill(given) {
      values = { ...given };
      for (const [name, { put }] of rows) put(String(values[name]));
    },
    show(asks) {
      for (const [name, { root: each }] of rows) each.hidden = !asks(name);
      for (const set of root.querySelectorAll('fieldset')) {
        set.hidden = !set.querySelector(':scope > :not(legend):not([hidden])');
      }
    },
  };
}

interface Row {
  readonly root: HTMLElement;
  put(text: string): void;
}

function row(id: string, field: Field, changed: (value: string | number) => void): Row {
  const hint = field.hint === undefined ? undefined : element('small', { id: `${id}-hint` }, field.hint);
  const error = element('small', { id: `${id}-error`, class: 'error', role: 'alert' });
  const described = [hint && `${id}-hint`, `${id}-error`].filter(Boolean).join(' ');
  const take = (text: string, input: HTMLElement): void => {
    const reading = readField(field, text);
    const wrong = 'wrong' in reading ? `${field.label} ${reading.wrong}` : '';
    error.textContent = wrong;
    input.setAttribute('aria-invalid', String(wrong !== ''));
    if ('value' in reading) changed(reading.value);
  };
  if (field.kind === 'set') return setRow(id, field, [hint, error], described, take);
  const input = control(id, field, described);
  input.addEventListener(field.kind === 'choice' ? 'change' : 'input', () => take(input.value, input));
  const unit = field.unit === undefined ? undefined : element('span', { class: 'unit' }, field.unit);
  return {
    root: element(
      'div',
      { class: `row ${field.kind}` },
      element('label', { for: id }, field.label),
      element('span', { class: 'control' }, input, unit),
      hint,
      error,
    ),
    put(text) {
      input.value = text;
      error.textContent = '';
      input.setAttribute('aria-invalid', 'false');
    },
  };
}

function control(
  id: string,
  field: Exclude<Field, { kind: 'set' }>,
  described: string,
): HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement {
  const common = { id, name: id, 'aria-describedby': described };
  if (field.kind === 'choice') {
    return element('select', common, ...field.choices.map(([value, label]) => element('option', { value }, label)));
  }
  if (field.kind === 'number') {
    const { min, max, whole } = field;
    return element('input', { ...common, type: 'number', min: `${min}`, max: `${max}`, step: whole ? '1' : 'any' });
  }
  if (field.kind === 'text' && field.maxLength > 1_000) {
    return element('textarea', { ...common, rows: '9', spellcheck: 'false', autocapitalize: 'off' });
  }
  return element('input', { ...common, type: 'text', autocomplete: 'off', spellcheck: 'false', autocapitalize: 'off' });
}

function setRow(
  id: string,
  field: Extract<Field, { kind: 'set' }>,
  notes: readonly (HTMLElement | undefined)[],
  described: string,
  take: (text: string, input: HTMLElement) => void,
): Row {
  const boxes = field.choices.map(([value]) => element('input', { type: 'checkbox', id: `${id}-${value}`, value }));
  const group = element(
    'div',
    { class: 'row set', role: 'group', 'aria-label': field.label, 'aria-describedby': described },
    ...boxes.map((box, at) => element('label', {}, box, element('span', {}, field.choices[at]![1]))),
    ...notes,
  );
  group.addEventListener('change', () => {
    const chosen = boxes.filter(({ checked }) => checked).map(({ value }) => value);
    take(chosen.join(','), group);
  });
  return {
    root: group,
    put(text) {
      const chosen = text.split(',');
      boxes.forEach((box) => {
        box.checked = chosen.includes(box.value);
      });
      notes.at(-1)!.textContent = '';
    },
  };
}
