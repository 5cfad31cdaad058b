/** One line of a chart. */
export interface ChartLine {
  readonly label: string;
  /** One for each x; `null` leaves a gap. */
  readonly values: readonly (number | null)[];
  /** The name of a colour in the style sheet. */
  readonly colour: string;
  /** Lengths of strokes and gaps, so that lines can be told apart without colour. */
  readonly dash?: readonly number[];
  readonly width?: number;
  /** Only dots, no line. */
  readonly dots?: boolean;
  /** Without a label at its end. */
  readonly quiet?: boolean;
}

/** A chart: what is drawn, and how it is said. */
export interface ChartSpec {
  readonly title: string;
  /** What the values are counted in; stands beside the title. */
  readonly unit: string;
  readonly x: { readonly label: string; readonly values: readonly number[]; readonly format: (x: number) => string };
  readonly lines: readonly ChartLine[];
  /** The area between two lines, by their indices. */
  readonly band?: { readonly upper: number; readonly lower: number; readonly colour: string };
  /** A time that stands out. */
  readonly shade?: { readonly from: number; readonly to: number; readonly label: string } | undefined;
  /** A value for people. */
  readonly format: (value: number) => string;
}

/** What a chart says at one x. */
export function readOut({ x, lines, format }: ChartSpec, at: number): string {
  const said = lines
    .filter(({ quiet }) => !quiet)
    .map(({ label, values }) => {
      const value = values[at];
      return `${label} ${value === null || value === undefined ? '–' : format(value)}`;
    });
  return `${x.label} ${x.format(x.values[at]!)}: ${said.join(' · ')}`;
}
