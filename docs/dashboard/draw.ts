import { DAY } from './day.ts';
import type { Line } from './series.ts';

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Graph {
  readonly title: string;
  readonly lines: readonly Line[];
  readonly stacked: boolean;
  readonly annotations: readonly { readonly value: number; readonly label: string; readonly color: string }[];
}

export const INK = '#16191f';
const FAINT = '#687078';
const GRID = '#e4e7ea';
const FONT_SIZE = 14;
/** Width of a character of a proportional font in parts of its size: of a capital, and of another on average. */
const CHARACTER = { capital: 0.7, other: 0.58 };
const LEGEND_SIZE = 12;
/** Around a graph: for its title and legend, and the labels of its axes. */
const MARGIN = { left: 44, right: 18, top: 44, bottom: 62 };

/** A text in one line, cut where it would leave the width. */
export function text(
  x: number,
  y: number,
  content: string,
  {
    size = FONT_SIZE,
    fill = INK,
    weight = 'normal',
    anchor = 'start',
    width = Number.POSITIVE_INFINITY,
  }: { size?: number; fill?: string; weight?: string; anchor?: string; width?: number } = {},
): string {
  const most = Math.floor(width / (size * CHARACTER.other));
  const shown = content.length > most ? `${content.slice(0, most - 1)}…` : content;
  return `<text x="${round(x)}" y="${round(y)}" font-size="${size}" fill="${fill}" font-weight="${weight}" text-anchor="${anchor}">${escapeMarkup(shown)}</text>`;
}

export function card({ x, y, width, height }: Box): string {
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="8" fill="#ffffff" stroke="#d5dbdb"/>`;
}

export function graph(box: Box, { title, lines, stacked, annotations }: Graph): string {
  const stackedLines = stacked ? stackUp(lines) : lines.map((line) => ({ ...line, base: undefined }));
  const all = [...stackedLines.flatMap(({ values }) => values), ...annotations.map(({ value }) => value)];
  const step = tickStep(Math.max(1, ...all.map((value) => value ?? 0)));
  const top = Math.ceil((Math.max(1, ...all.map((value) => value ?? 0)) * 1.05) / step) * step;
  const left = box.x + MARGIN.left;
  const right = box.x + box.width - MARGIN.right;
  const bottom = box.y + box.height - MARGIN.bottom;
  const xOf = (at: number) => left + ((at - DAY.from) / (DAY.until - DAY.from)) * (right - left);
  const yOf = (value: number) => bottom - (value / top) * (bottom - box.y - MARGIN.top);
  const parts = [card(box), text(box.x + 16, box.y + 27, title, { weight: 'bold' })];
  for (let value = 0; value <= top; value += step) {
    parts.push(
      `<path d="M${left} ${round(yOf(value))}H${right}" stroke="${GRID}"/>`,
      text(left - 8, yOf(value) + 4, String(value), { size: 12, fill: FAINT, anchor: 'end' }),
    );
  }
  const hours = box.width > 800 ? 2 : 6;
  for (let at = DAY.from; at <= DAY.until; at += hours * 3_600) {
    const label = new Date(at * 1_000).toISOString().slice(11, 16);
    const anchor = at === DAY.until ? 'end' : 'middle';
    parts.push(
      text(xOf(at), bottom + 18, at === DAY.until ? '24:00' : label, { size: 12, fill: FAINT, anchor }),
    );
  }
  for (const line of [...stackedLines].reverse()) {
    const points = line.values.map((value, index) => ({
      x: xOf(DAY.from + (index + 0.5) * line.period),
      y: value === undefined ? undefined : yOf(value),
      base: yOf(line.base?.[index] ?? 0),
    }));
    if (stacked) {
      const there = points.map(({ x, y, base }) => ({ x, y: y ?? base, base }));
      const area = `${pathOf(there)}L${[...there]
        .reverse()
        .map(({ x, base }) => `${round(x)} ${round(base)}`)
        .join('L')}Z`;
      parts.push(`<path d="${area}" fill="${line.color}" fill-opacity="0.75"/>`);
    } else {
      parts.push(`<path d="${pathOf(points)}" fill="none" stroke="${line.color}" stroke-width="2"/>`);
    }
  }
  for (const { value, color } of annotations) {
    parts.push(
      `<path d="M${left} ${round(yOf(value))}H${right}" stroke="${color}" stroke-width="1.5" stroke-dasharray="6 4"/>`,
    );
  }
  const entries = [...lines, ...annotations].map(({ label, color }) => ({ label, color }));
  return [...parts, legend(left, box.y + box.height, right, entries)].join('\n');
}

/** In one row, or in two where one does not take it. */
function legend(
  left: number,
  bottom: number,
  right: number,
  entries: readonly { readonly label: string; readonly color: string }[],
): string {
  const widthOf = (label: string) => 32 + textWidth(label, LEGEND_SIZE);
  const total = entries.reduce((sum, { label }) => sum + widthOf(label), 0);
  const inFirst = total <= right - left ? entries.length : Math.ceil(entries.length / 2);
  return [entries.slice(0, inFirst), entries.slice(inFirst)]
    .flatMap((row, index) => {
      const y = bottom - (inFirst === entries.length ? 16 : 26 - 18 * index);
      let x = left;
      return row.map(({ label, color }) => {
        const entry = `<rect x="${round(x)}" y="${y - 10}" width="11" height="11" rx="2" fill="${color}"/>${text(x + 16, y, label, { size: LEGEND_SIZE })}`;
        x += widthOf(label);
        return entry;
      });
    })
    .join('\n');
}

/** Through the points that are there, with a gap where one is not. */
function pathOf(points: readonly { readonly x: number; readonly y: number | undefined }[]): string {
  let pen = 'M';
  return points
    .map(({ x, y }) => {
      if (y === undefined) {
        pen = 'M';
        return '';
      }
      const command = `${pen}${round(x)} ${round(y)}`;
      pen = 'L';
      return command;
    })
    .join('');
}

function stackUp(lines: readonly Line[]): (Line & { base: readonly number[] | undefined })[] {
  let base: readonly number[] = [];
  return lines.map((line) => {
    const below = base;
    base = line.values.map((value, index) => (value ?? 0) + (below[index] ?? 0));
    return { ...line, values: base, base: below };
  });
}

function textWidth(content: string, size: number): number {
  const capitals = content.match(/[A-Z_]/g)?.length ?? 0;
  return size * (capitals * CHARACTER.capital + (content.length - capitals) * CHARACTER.other);
}

function tickStep(top: number): number {
  const magnitude = 10 ** Math.floor(Math.log10(top));
  const step = [0.1, 0.2, 0.5, 1, 2].find((part) => top / (part * magnitude) <= 6) ?? 1;
  return Math.max(1, step * magnitude);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escapeMarkup(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
