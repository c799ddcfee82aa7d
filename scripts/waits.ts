import { WAITS } from '../test/lambda/reader/waits.ts';
import { table } from './markdown-table.ts';

/** How long calls of the reader wait, as a Markdown table. */
export function renderWaits(): string {
  const head = ['situation', 'longest wait', 'reads', 'result', 'longest pause'];
  const seconds = (count: number) => (count === 0 ? 'none' : `${count} s`);
  const rows = WAITS.map(({ situation, seconds: wait, reads, end, pause }) => [
    situation,
    seconds(wait),
    String(reads),
    end === end.toUpperCase() ? `\`${end}\`` : end,
    seconds(pause),
  ]);
  return table(head, rows);
}
