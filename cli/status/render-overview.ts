import type { Color, Style } from '../terminal/style.ts';
import { duration } from '../terminal/time.ts';
import type { RunStatus, TokenState } from './assess.ts';
import type { RefresherStatus } from './read-status.ts';

/** Worst first, with the color of each state. */
export const STATES: Readonly<Record<TokenState, Color>> = {
  expired: 'red',
  missing: 'red',
  unknown: 'yellow',
  soon: 'yellow',
  healthy: 'green',
};
const ORDER = Object.keys(STATES) as readonly TokenState[];

const HEADER = ['state', 'name', 'time left', 'last run', ''];

interface OverviewOptions {
  readonly style: Style;
  /** Width of the terminal. Undefined if the output is no terminal: then no line is cut. */
  readonly columns: number | undefined;
  /** The command that finds the fault of a refresher. */
  diagnose(status: RefresherStatus): string;
}

/** One line for each refresher, worst first, and a summary. */
export function renderOverview(
  statuses: readonly RefresherStatus[],
  { style, columns, diagnose }: OverviewOptions,
): string {
  const sorted = statuses.toSorted(
    (a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || timeLeft(a) - timeLeft(b),
  );
  const cells = [HEADER, ...sorted.map(cellsOf)];
  const widths = HEADER.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? '').length)));
  const [header = '', ...lines] = cells.map((row) =>
    clip(
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
      columns,
    ),
  );
  const colored = lines.map((line, index) => {
    const { state } = sorted[index] as RefresherStatus;
    return style(STATES[state], line.slice(0, state.length)) + line.slice(state.length);
  });
  return [style('dim', header), ...colored, ...summary(sorted, diagnose)].join('\n');
}

function cellsOf(status: RefresherStatus): readonly string[] {
  const { refresher, state, because, token, lastRun, now, unknown } = status;
  const left = token === undefined ? '' : timeLeft(status) === 0 ? 'none' : short(timeLeft(status));
  const notes = [...because, ...unknown.map((what) => `unknown ${what.split(':')[0]}`)];
  return [state, refresher.name, left, describeRun(lastRun, now), notes.join('; ')];
}

function describeRun(run: RunStatus | undefined, now: number): string {
  if (run === undefined || run === 'log-gone') return 'unknown';
  if (run === 'none') return 'none';
  return `${short(now - Math.floor(run.at / 1_000))} ago: ${run.outcome}`;
}

/** From a minute on, in whole minutes. */
function short(seconds: number): string {
  return duration(seconds < 60 ? seconds : seconds - (seconds % 60));
}

/** Seconds; 0 without a token. */
function timeLeft({ token, now }: RefresherStatus): number {
  return token === undefined ? 0 : Math.max(0, token.expires_at - now);
}

function clip(line: string, columns: number | undefined): string {
  return columns === undefined || line.length <= columns ? line : `${line.slice(0, columns - 1)}…`;
}

/** How many refreshers are in which state, and what to do about the worst. `sorted` is not empty. */
function summary(
  sorted: readonly RefresherStatus[],
  diagnose: OverviewOptions['diagnose'],
): readonly string[] {
  const counts = ORDER.map((state) => [sorted.filter((one) => one.state === state).length, state] as const);
  const total = `${sorted.length} ${sorted.length === 1 ? 'refresher' : 'refreshers'}`;
  const parts = counts.filter(([count]) => count > 0).map(([count, state]) => `${count} ${state}`);
  const [worst] = sorted;
  if (worst === undefined || worst.state === 'healthy') return [`${total}: ${parts.join(', ')}`];
  return [`${total}: ${parts.join(', ')}`, `Find the cause with: ${diagnose(worst)}`];
}
