import { type CloudWatchLogsClient, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import { parseJsonObject } from '../../lambda/shared/json.ts';
import { METRIC } from '../../lambda/shared/metric-names.ts';
import { codeOf } from '../../lambda/shared/refresh-error.ts';
import { SCHEDULE_PRECISION_SECONDS } from '../../lambda/shared/time-budget.ts';

/** How the function's latest run ended, as its log tells. */
export type LastRun =
  | {
      /** Unix time, milliseconds. */
      readonly at: number;
      readonly outcome: 'minted' | 'kept';
      /** Undefined where the function is set to log warnings only. */
      readonly reason: string | undefined;
      /** Whether the client was accepted only with the secret's former version. */
      readonly previousCredentialsUsed: boolean;
    }
  | { readonly at: number; readonly outcome: 'failed'; readonly code: string; readonly message: string };

const DAY_MS = 24 * 3_600_000;

/** The latest run, or undefined where there was none for a day and for three checks. `checkEvery` is in seconds. */
export async function readLastRun(
  logs: CloudWatchLogsClient,
  logGroupName: string,
  { checkEvery, now }: { readonly checkEvery: number; readonly now: number },
): Promise<LastRun | undefined> {
  const checks = 3 * checkEvery * 1_000;
  // Nearly always the first, short span has it.
  for (const span of [checks, Math.max(checks, DAY_MS)]) {
    const lines: { at: number; text: string }[] = [];
    const input = { logGroupName, startTime: now - span };
    for await (const { events = [] } of paginateFilterLogEvents({ client: logs }, input)) {
      lines.push(...events.map(({ timestamp = 0, message = '' }) => ({ at: timestamp, text: message })));
    }
    const run = lastRunIn(lines);
    if (run !== undefined) return run;
  }
  return undefined;
}

/** Whether a check has been missed since. `checkEvery` and `now` are in seconds. */
export function isLate({ at }: LastRun, checkEvery: number, now: number): boolean {
  return now - at / 1_000 > 2 * checkEvery + SCHEDULE_PRECISION_SECONDS;
}

/** What one line says of a run; a line with less `weight` says less than the others of the same run. */
interface Told {
  readonly weight: number;
  readonly run: LastRun;
  /** The run's request id; metrics have none. */
  readonly id: string | undefined;
}

/** Lines of one run are at most this many milliseconds apart: all that are read here are written at its very end. */
const SAME_RUN_MS = 100;

/** Answers to consumers, which say nothing of the schedule's checks: reports that led to nothing, and events that are none. */
const NO_CHECK: ReadonlySet<string> = new Set([
  'already-replaced',
  'just-minted',
  'being-replaced',
  'EVENT_INVALID',
]);

export function lastRunIn(
  lines: readonly { readonly at: number; readonly text: string }[],
): LastRun | undefined {
  const all = lines.map(({ at, text }) => readLine(text, at)).filter((line) => line !== undefined);
  const answers = all.filter(({ run }) =>
    NO_CHECK.has((run.outcome === 'failed' ? run.code : run.reason) ?? ''),
  );
  const told = all.filter((line) => !answers.some((answer) => isOfRun(line, answer)));
  const latest = Math.max(...told.map(({ run }) => run.at));
  const ofLatestRun = told.filter(({ run }) => run.at >= latest - SAME_RUN_MS);
  const [best] = ofLatestRun.toSorted((a, b) => b.weight - a.weight || b.run.at - a.run.at);
  if (best === undefined) return undefined;
  const { run } = best;
  if (run.outcome === 'failed') return run;
  return { ...run, previousCredentialsUsed: ofLatestRun.some((line) => usedPrevious(line.run)) };
}

function isOfRun({ id, run: { at } }: Told, other: Told): boolean {
  return id === undefined ? Math.abs(other.run.at - at) <= SAME_RUN_MS : id === other.id;
}

function usedPrevious(run: LastRun): boolean {
  return run.outcome !== 'failed' && run.previousCredentialsUsed;
}

function readLine(text: string, at: number): Told | undefined {
  const line = parseJsonObject(text);
  const told = line && readFields(line, at);
  const { function_request_id: own, requestId, record } = line ?? {};
  const id = own ?? requestId ?? (record as { requestId?: unknown } | undefined)?.requestId;
  return told && { ...told, id: typeof id === 'string' ? id : undefined };
}

function readFields(line: Readonly<Record<string, unknown>>, at: number): Omit<Told, 'id'> | undefined {
  const { outcome, reason, level, code, message, type, record } = line;
  if ((outcome === 'minted' || outcome === 'kept') && typeof reason === 'string') {
    return { weight: 3, run: { at, outcome, reason, previousCredentialsUsed: false } };
  }
  if (level === 'ERROR' && typeof message === 'string') {
    return {
      weight: 3,
      run: { at, outcome: 'failed', code: typeof code === 'string' ? code : 'UNEXPECTED', message },
    };
  }
  const thrown = (message as { errorMessage?: unknown } | null | undefined)?.errorMessage;
  if (level === 'ERROR' && typeof thrown === 'string') {
    return { weight: 2, run: { at, outcome: 'failed', code: codeOf(thrown), message: thrown } };
  }
  if (type === 'platform.report') return readReport(record, at);
  return readMetrics(line, at);
}

/** Lambda's own line at the end of a run: only it tells of one that was cut short. */
function readReport(record: unknown, at: number): Omit<Told, 'id'> | undefined {
  const { status } = (record ?? {}) as { status?: unknown };
  if (status !== 'timeout') return undefined;
  const message = 'the run was ended by Lambda when its time was up';
  return { weight: 1, run: { at, outcome: 'failed', code: 'TIMEOUT', message } };
}

function readMetrics(line: Readonly<Record<string, unknown>>, at: number): Omit<Told, 'id'> | undefined {
  if (line._aws === undefined) return undefined;
  const previousCredentialsUsed = line[METRIC.previousCredentialsUsed] === 1;
  const kept = { at, reason: undefined, previousCredentialsUsed };
  if (line[METRIC.minted] === 1) return { weight: 0, run: { ...kept, outcome: 'minted' } };
  if (line[METRIC.kept] === 1) return { weight: 0, run: { ...kept, outcome: 'kept' } };
  if (line[METRIC.failed] !== 1) return undefined;
  const code = typeof line.code === 'string' ? line.code : 'UNEXPECTED';
  return { weight: 0, run: { at, outcome: 'failed', code, message: `${code}: see the function's log` } };
}
