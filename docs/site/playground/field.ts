/** What a form can ask for. One table of these makes the form, checks a permalink and fills in what is not said. */
export type Field = NumberField | ChoiceField | DurationField | TextField | SetField;

interface Asked<Value> {
  readonly label: string;
  readonly initial: Value;
  /** What it means, in a few words under the field. */
  readonly hint?: string;
  /** Shown behind the value. */
  readonly unit?: string;
}

/** A number within bounds. */
export interface NumberField extends Asked<number> {
  readonly kind: 'number';
  readonly min: number;
  readonly max: number;
  readonly whole?: boolean;
}

/** One of a few. */
export interface ChoiceField extends Asked<string> {
  readonly kind: 'choice';
  /** Value and label. */
  readonly choices: readonly (readonly [value: string, label: string])[];
}

/** A duration as people write it: `100ms`, `1.5s`, `2m`. */
export interface DurationField extends Asked<string> {
  readonly kind: 'duration';
  /** Whether it may be left empty. */
  readonly optional?: boolean;
}

/** Some text, bounded. */
export interface TextField extends Asked<string> {
  readonly kind: 'text';
  readonly maxLength: number;
  /** What is wrong with a text, or nothing. */
  readonly wrong?: (text: string) => string | undefined;
}

/** Some of a few, in the order of the choices: their names with commas. */
export interface SetField extends Asked<string> {
  readonly kind: 'set';
  readonly choices: readonly (readonly [value: string, label: string])[];
  readonly atMost: number;
}

/** A form: its fields by name. */
export type Fields = Readonly<Record<string, Field>>;

/** What has been filled in. */
export type Values<Form extends Fields = Fields> = { readonly [Name in keyof Form]: Form[Name]['initial'] };

/** The values a form begins with. */
export function initialOf<Form extends Fields>(fields: Form): Values<Form> {
  return Object.fromEntries(Object.entries(fields).map(([name, { initial }]) => [name, initial])) as Values<Form>;
}
