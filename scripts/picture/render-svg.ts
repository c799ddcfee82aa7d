import type { IBufferCell, Terminal } from '@xterm/headless';

/** Pixels. A monospaced glyph is 0.6 of its size wide in the usual fonts; `textLength` corrects others. */
const FONT_SIZE = 14;
const CELL = { width: 8.4, height: 18 } as const;
const PADDING = 14;

/** On a dark background, which reads well on a light page and on a dark one. */
const COLORS = { background: '#161b22', border: '#57606a', text: '#e6edf3', dim: '#8b949e' } as const;
/** The colors of the terminal's palette that the demo uses: red and green. */
const PALETTE: Readonly<Record<number, string>> = { 1: '#ff7b72', 2: '#56d364' };

interface Run {
  readonly column: number;
  text: string;
  readonly color: string;
  readonly isBold: boolean;
}

/** The visible rows of a terminal as a picture. `title` is its text alternative. */
export function renderSvg(terminal: Terminal, title: string): string {
  const width = round(terminal.cols * CELL.width + 2 * PADDING);
  const height = terminal.rows * CELL.height + 2 * PADDING;
  const rows = Array.from({ length: terminal.rows }, (_, row) =>
    runsOf(terminal, row)
      .map((run) => renderRun(run, row))
      .join(''),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="${FONT_SIZE}" role="img" aria-labelledby="title">`,
    `  <title id="title">${escapeXml(title)}</title>`,
    `  <rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="8" fill="${COLORS.background}" stroke="${COLORS.border}"/>`,
    `  <g xml:space="preserve">`,
    ...rows.filter((row) => row !== '').map((row) => `    ${row}`),
    '  </g>',
    '</svg>',
    '',
  ].join('\n');
}

/** The cells of a row, joined while they look the same. Blank cells separate runs only if two or more follow each other. */
function runsOf({ buffer: { active }, cols }: Terminal, row: number): Run[] {
  const line = active.getLine(active.baseY + row);
  const runs: Run[] = [];
  for (let column = 0; column < cols; column += 1) {
    const cell = line?.getCell(column);
    if (cell === undefined) continue;
    const [color, isBold, text] = [colorOf(cell), cell.isBold() !== 0, cell.getChars() || ' '];
    const last = runs.at(-1);
    if (last !== undefined && last.color === color && last.isBold === isBold && !last.text.endsWith('  '))
      last.text += text;
    else if (text !== ' ') runs.push({ column, text, color, isBold });
  }
  return runs.map((run) => ({ ...run, text: run.text.trimEnd() }));
}

function colorOf(cell: IBufferCell): string {
  if (cell.isDim() !== 0) return COLORS.dim;
  return (cell.isFgPalette() && PALETTE[cell.getFgColor()]) || COLORS.text;
}

function renderRun({ column, text, color, isBold }: Run, row: number): string {
  const x = round(PADDING + column * CELL.width);
  const y = PADDING + row * CELL.height + FONT_SIZE;
  const bold = isBold ? ' font-weight="bold"' : '';
  return `<text x="${x}" y="${y}" textLength="${round(text.length * CELL.width)}" fill="${color}"${bold}>${escapeXml(text)}</text>`;
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function round(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}
