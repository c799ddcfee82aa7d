import type { Experiment, Samples } from './experiment.ts';

/** The experiment, the quantity, and the contender that is measured. */
export type Measured = readonly [experiment: Experiment, quantity: string, contender: string];

/** One row of the table. */
export interface Figure {
  readonly what: string;
  readonly of: Measured;
  /** The contender of the same experiment that is the measure, and its name in the table. Without it, the figure has a unit. */
  readonly than?: { readonly contender: string; readonly name: string };
  readonly unit?: Unit;
  readonly atMost: number;
}

export type Unit = 'ms' | 'KB' | 'MB';

const SIZE_OF: Readonly<Record<Unit, number>> = { ms: 1, KB: 1_000, MB: 1_000_000 };

/** The value of a figure, from the samples of its experiment. */
export function evaluate(
  { of: [experiment, quantity, contender], than, unit }: Figure,
  samples: Samples,
): number {
  const settle = experiment.counts === 'least' ? least : median;
  const resultOf = (name: string) =>
    settle((samples.get(name) ?? []).map((sample) => sample[quantity] ?? Number.NaN));
  if (than !== undefined) return resultOf(contender) / resultOf(than.contender);
  return resultOf(contender) / (unit === undefined ? 1 : SIZE_OF[unit]);
}

export function format({ unit }: Figure, value: number): string {
  return unit === undefined ? value.toFixed(2) : `${value.toFixed(1)} ${unit}`;
}

/** Why the command fails, or undefined if the figure is within its bound. */
export function violation(figure: Figure, value: number): string | undefined {
  // Also fails if there is no value.
  if (value <= figure.atMost) return undefined;
  const than = figure.than === undefined ? '' : ` of ${figure.than.name}`;
  return `${figure.what}: measured ${format(figure, value)}${than}, allowed at most ${format(figure, figure.atMost)}.`;
}

function least(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : Math.min(...values);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
