import type { Series } from '../../test/support/cloudwatch-alarm.ts';
import { DAY } from './day.ts';
import type { GraphProperties, MetricOptions } from './definition.ts';

/** A line of a graph: a value for each period of the day, undefined where there is none. */
export interface Line {
  readonly label: string;
  readonly color: string;
  readonly period: number;
  readonly values: readonly (number | undefined)[];
}

/** CloudWatch's own colours, for lines that the definition gives none. */
const PALETTE = ['#d62728', '#ff7f0e', '#9467bd', '#8c564b', '#e377c2'];

/** Works out a graph's lines from the metrics, as far as the dashboard's expressions need it. */
export function linesOf({ metrics }: GraphProperties, known: ReadonlyMap<string, Series>): Line[] {
  const entries = metrics.map((parts) => {
    const options = parts.at(-1) as MetricOptions;
    return { path: parts.slice(0, 2).join('/'), options };
  });
  const byId = new Map(
    entries.flatMap(({ path, options }) =>
      options.id === undefined ? [] : [[options.id, aggregate(known.get(path), options)] as const],
    ),
  );
  return entries.flatMap(({ path, options }) => {
    if (options.visible === false) return [];
    const line = (
      values: Line['values'],
      label = options.label ?? '',
      color = options.color ?? '#1f77b4',
    ) => ({
      label,
      color,
      period: options.period,
      values,
    });
    if (options.expression === undefined) return [line(aggregate(known.get(path), options))];
    const found = search(options.expression);
    if (found === undefined) return [line(calculate(options.expression, byId))];
    return [...known]
      .filter(([name]) => name.startsWith(`${found.namespace}/${found.metric} `))
      .map(([name, series], index) =>
        line(
          fill(aggregate(series, { stat: 'Sum', period: options.period }), 0),
          name.split(' ')[1] ?? '',
          PALETTE[index % PALETTE.length] ?? '',
        ),
      )
      .filter(({ values }) => values.some((value) => value !== 0));
  });
}

function aggregate(series: Series | undefined, { stat, period }: MetricOptions): (number | undefined)[] {
  const values: (number | undefined)[] = Array.from({ length: (DAY.until - DAY.from) / period });
  series?.at.forEach((at, index) => {
    const slot = Math.floor((at - DAY.from) / period);
    if (slot < 0 || slot >= values.length) return;
    const value = series.values[index] ?? 0;
    const before = values[slot];
    if (before === undefined) values[slot] = value;
    else if (stat === 'Sum') values[slot] = before + value;
    else values[slot] = stat === 'Minimum' ? Math.min(before, value) : Math.max(before, value);
  });
  return values;
}

/** `id / number`, `FILL(id, number)` or `FILL(id, REPEAT)`. */
function calculate(expression: string, byId: ReadonlyMap<string, Line['values']>): Line['values'] {
  const quotient = /^(\w+) \/ (\d+)$/.exec(expression);
  const filled = /^FILL\((\w+), (\w+)\)$/.exec(expression);
  const values = byId.get(quotient?.[1] ?? filled?.[1] ?? '');
  if (values === undefined) throw new Error(`the picture cannot work out the expression ${expression}`);
  if (quotient !== null) return values.map((value) => value && value / Number(quotient[2]));
  return fill(values, filled?.[2] === 'REPEAT' ? 'REPEAT' : Number(filled?.[2]));
}

function fill(values: Line['values'], by: number | 'REPEAT'): Line['values'] {
  let last: number | undefined;
  return values.map((value) => {
    last = value ?? (by === 'REPEAT' ? last : by);
    return last;
  });
}

function search(expression: string): { readonly namespace: string; readonly metric: string } | undefined {
  const [, namespace, metric] = /^FILL\(SEARCH\('\{(\w+),[^}]*\} MetricName="(\w+)"/.exec(expression) ?? [];
  return namespace === undefined || metric === undefined ? undefined : { namespace, metric };
}
