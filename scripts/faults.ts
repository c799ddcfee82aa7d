import { CELLS, type Cell, EXTERNAL_CALLS } from '../test/lambda/refresher/fault-matrix.ts';
import { WAYS } from '../test/support/faults/fault.ts';
import { codeLink, table } from './markdown-table.ts';

/** The ways in which a call can fail, as a Markdown table. */
export function renderWays(): string {
  return table(['fault', 'meaning'], Object.entries(WAYS));
}

/** What becomes of a run for each call and each way in which it can fail, as a Markdown table. */
export function renderFaults(): string {
  const rows = EXTERNAL_CALLS.flatMap(({ name }) => rowsOf(CELLS.filter(([call]) => call === name)));
  return table(['call', 'faults', 'the run', 'requests', 'stored token'], rows);
}

/** One row for all ways with the same end. */
function rowsOf(cells: readonly Cell[]): string[][] {
  const rows = new Map<string, { readonly ways: string[]; readonly end: string[] }>();
  for (const [, way, outcome, requests, stored] of cells) {
    const end = [describeOutcome(outcome), String(requests), stored];
    const row = rows.get(end.join()) ?? { ways: [], end };
    rows.set(end.join(), row);
    row.ways.push(way);
  }
  return [...rows.values()].map(({ ways, end }, index) => [
    index === 0 ? (cells[0]?.[0] ?? '') : '',
    ways.join(', '),
    ...end,
  ]);
}

function describeOutcome(outcome: Cell[2]): string {
  if (outcome === 'minted') return 'succeeds';
  return outcome === 'kept' ? 'keeps the token' : codeLink(outcome);
}
