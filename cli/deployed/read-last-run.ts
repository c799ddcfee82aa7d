import { type CloudWatchLogsClient, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import { parseJsonObject } from '../../lambda/shared/json.ts';
import { METRIC } from '../../lambda/shared/metric-names.ts';
import { codeOf } from '../../lambda/shared/refresh-error.ts';
import { SCHEDULE_PRECISION_SECONDS } from '../../lambda/shared/time-budget.ts';

/** The result of the function's latest run, read from its log. */
export type LastRun =
  | {
      /** Unix time, milliseconds. */
      readonly at: number;
      readonly outcome: 'minted' | 'kept';
      /** Undefined if the function logs only warnings, unless it is `same-token`, which is also a metric. */
      readonly reason: string | undefined;
      /** Whether the endpoint rejected the secret's current version, and the token is from the previous one. */
      readonly previousCredentialsUsed: boolean;
    }
  | {
      readonly at: number;
      readonly outcome: 'failed';
      readonly code: string;
      readonly message: string;
      /** Whether the token endpoint answered 403 without an OAuth error, if the log has the status. */
      readonly isForbidden?: true;
    };

const DAY_MS = 24 * 3_600_000;

/** The latest run in the last day or three checks, or undefined if there is none. `checkEvery` is in seconds. */
export async function readLastRun(
  logs: CloudWatchLogsClient,
  logGroupName: string,
  { checkEvery, now }: { readonly checkEvery: number; readonly now: number },
): Promise<LastRun | undefined> {
  const checks = 3 * checkEvery * 1_000;
  // The short span is nearly always enough.
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

/** Whether a check was missed since the run. `checkEvery` and `now` are in seconds. */
export function isLate({ at }: LastRun, checkEvery: number, now: number): boolean {
  return now - at / 1_000 > 2 * checkEvery + SCHEDULE_PRECISION_SECONDS;
}

/** What one log line says about a run. The line with the highest `weight` says the most. */
interface LoggedRun {
  readonly weight: number;
  readonly run: LastRun;
  /** The run's request id. Metrics have none. */
  readonly id: string | undefined;
}

/** The lines read here are written at the end of an attempt, at most this many milliseconds apart. A run may have several. */
const SAME_ATTEMPT_MS = 100;

/** Reasons and codes that say nothing about the endpoint: reports without a mint, another run's work, and invalid events. */
const NOT_A_CHECK: ReadonlySet<string> = new Set([
  'already-replaced',
  'just-minted',
  'being-replaced',
  'EVENT_INVALID',
]);

export function lastRunIn(
  lines: readonly { readonly at: number; readonly text: string }[],
): LastRun | undefined {
  const all = lines.map(({ at, text }) => readLine(text, at)).filter((line) => line !== undefined);
  const notChecks = all.filter(({ run }) =>
    NOT_A_CHECK.has((run.outcome === 'failed' ? run.code : run.reason) ?? ''),
  );
  const checks = all.filter((line) => !notChecks.some((other) => isSameAttempt(line, other)));
  const latest = Math.max(...checks.map(({ run }) => run.at));
  const ofLatestRun = checks.filter(({ run }) => run.at >= latest - SAME_ATTEMPT_MS);
  const [best] = ofLatestRun.toSorted((a, b) => b.weight - a.weight || b.run.at - a.run.at);
  if (best === undefined) return undefined;
  const { run } = best;
  if (run.outcome === 'failed') return run;
  return { ...run, previousCredentialsUsed: ofLatestRun.some((line) => usedPrevious(line.run)) };
}

function isSameAttempt({ id, run: { at } }: LoggedRun, other: LoggedRun): boolean {
  return Math.abs(other.run.at - at) <= SAME_ATTEMPT_MS && (id === undefined || id === other.id);
}

function usedPrevious(run: LastRun): boolean {
  return run.outcome !== 'failed' && run.previousCredentialsUsed;
}

function readLine(text: string, at: number): LoggedRun | undefined {
  const line = parseJsonObject(text);
  const logged = line && readFields(line, at);
  const { function_request_id: own, requestId, record } = line ?? {};
  const id = own ?? requestId ?? (record as { requestId?: unknown } | undefined)?.requestId;
  return logged && { ...logged, id: typeof id === 'string' ? id : undefined };
}

function readFields(line: Readonly<Record<string, unknown>>, at: number): Omit<LoggedRun, 'id'> | undefined {
  const { outcome, reason, level, code, message, type, record } = line;
  if ((outcome === 'minted' || outcome === 'kept') && typeof reason === 'string') {
    return { weight: 3, run: { at, outcome, reason, previousCredentialsUsed: false } };
  }
  if (level === 'ERROR' && typeof message === 'string') {
    const isForbidden = line.status === 403 && line.oauthError === undefined;
    return {
      weight: 3,
      run: {
        at,
        outcome: 'failed',
        code: typeof code === 'string' ? code : 'UNEXPECTED',
        message,
        ...(isForbidden ? { isForbidden } : {}),
      },
    };
  }
  const thrown = (message as { errorMessage?: unknown } | null | undefined)?.errorMessage;
  if (level === 'ERROR' && typeof thrown === 'string') {
    return { weight: 2, run: { at, outcome: 'failed', code: codeOf(thrown), message: thrown } };
  }
  if (type === 'platform.report') return readReport(record, at);
  return readMetrics(line, at);
}

/** Lambda's report at the end of a run. No other line reports a timeout. */
function readReport(record: unknown, at: number): Omit<LoggedRun, 'id'> | undefined {
  const { status } = (record ?? {}) as { status?: unknown };
  if (status !== 'timeout') return undefined;
  const message = 'Lambda stopped the run at the time limit of the function';
  return { weight: 1, run: { at, outcome: 'failed', code: 'TIMEOUT', message } };
}

function readMetrics(line: Readonly<Record<string, unknown>>, at: number): Omit<LoggedRun, 'id'> | undefined {
  if (line._aws === undefined) return undefined;
  const previousCredentialsUsed = line[METRIC.previousCredentialsUsed] === 1;
  const reason = line[METRIC.sameToken] === 1 ? 'same-token' : undefined;
  const kept = { at, reason, previousCredentialsUsed };
  if (line[METRIC.minted] === 1) return { weight: 0, run: { ...kept, outcome: 'minted', reason: undefined } };
  if (line[METRIC.kept] === 1) return { weight: 0, run: { ...kept, outcome: 'kept' } };
  const { code } = line;
  if (line[METRIC.failed] !== 1 || typeof code !== 'string') return undefined;
  return { weight: 0, run: { at, outcome: 'failed', code, message: `${code}: see the function's log` } };
}
