import { table } from '../../scripts/markdown-table.ts';
import { type Figure, format, violation } from './figure.ts';

const HEAD = ['what', 'compared with', 'measured', 'at most'];

/** The table of docs/performance.md. */
export function renderFigures(measured: readonly (readonly [figure: Figure, value: number])[]): string {
  return table(
    HEAD,
    measured.map(([figure, value]) => [
      figure.what,
      figure.than?.name ?? '',
      format(figure, value) + (violation(figure, value) === undefined ? '' : ', above the bound'),
      format(figure, figure.atMost),
    ]),
  );
}
