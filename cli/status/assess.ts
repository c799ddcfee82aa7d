import type { Configuration } from '../../lambda/refresher/configuration.ts';
import type { RefreshErrorCode } from '../../lambda/shared/refresh-error.ts';
import { refreshMargin } from '../../lambda/shared/refresh-margin.ts';
import { SCHEDULE_PRECISION_SECONDS } from '../../lambda/shared/time-budget.ts';
import type { Alarm } from '../deployed/read-alarms.ts';
import { isLate, type LastRun } from '../deployed/read-last-run.ts';
import type { KnownToken, ReadToken } from '../deployed/read-token.ts';

/**
 * `soon`: the token is good, but something is wrong that lets it expire. `missing`: there is no token that a consumer
 * could read. `unknown`: it could not be read from here.
 */
export type TokenState = 'healthy' | 'soon' | 'expired' | 'missing' | 'unknown';

export interface ScheduleStatus {
  readonly state: 'on' | 'off' | 'gone';
  readonly expression: string | undefined;
  /** Whether it is as frequent as in the template. */
  readonly asDeployed: boolean;
}

/** `none`: no run in the last day. `log-gone`: there is no log to tell of one. */
export type RunStatus = LastRun | 'none' | 'log-gone';

/** What is known of one refresher. What could not be found out is undefined, and counts for nothing. */
export interface Situation {
  readonly read: ReadToken;
  readonly configuration: Configuration | undefined;
  readonly function: 'there' | 'stopped' | 'gone' | undefined;
  readonly schedule: ScheduleStatus | undefined;
  readonly secretProblem: RefreshErrorCode | undefined;
  /** KMS's word for the state of the key, or `gone`. */
  readonly keyState: string | undefined;
  readonly lastRun: RunStatus | undefined;
  readonly alarms: readonly Alarm[] | undefined;
  /** Unix time, seconds. */
  readonly now: number;
}

export interface Assessment {
  readonly state: TokenState;
  /** Why the state is not `healthy`. */
  readonly because: readonly string[];
}

/** Whether there is a token, and whether there will be one. Pure. */
export function assess(situation: Situation): Assessment {
  const { read, keyState, now } = situation;
  const dangers = dangersIn(situation);
  if (keyState !== undefined && keyState !== 'Enabled') {
    return { state: 'missing', because: [`nobody can read the token: the key is ${keyState}`, ...dangers] };
  }
  switch (read.state) {
    case 'unknown':
      return { state: 'unknown', because: dangers };
    case 'missing':
      return { state: 'missing', because: ['the parameter is not there', ...dangers] };
    case 'unreadable':
      return { state: 'missing', because: ['the parameter holds a damaged record', ...dangers] };
    case 'foreign':
    case 'undecryptable':
      return { state: 'missing', because: [`the parameter holds ${read.found}`, ...dangers] };
    case 'token':
      if (read.token.expires_at <= now)
        return { state: 'expired', because: ['the token has expired', ...dangers] };
      return { state: dangers.length > 0 ? 'soon' : 'healthy', because: dangers };
  }
}

/** What keeps a token from being replaced in time. */
function dangersIn(situation: Situation): readonly string[] {
  const { read, configuration, schedule, secretProblem, lastRun, alarms, now } = situation;
  const firing = (alarms ?? []).filter(({ state }) => state === 'alarm').map(({ label }) => label);
  const overdue =
    read.state === 'token' && configuration !== undefined && isOverdue(read.token, configuration, now);
  const dangers: readonly (readonly [present: boolean, text: string])[] = [
    [situation.function === 'gone', 'the function is gone'],
    [situation.function === 'stopped', 'the function is not allowed to run'],
    [schedule?.state === 'gone', 'the schedule is gone'],
    [schedule?.state === 'off', 'the schedule is off'],
    [schedule?.state === 'on' && !schedule.asDeployed, 'the schedule has been changed'],
    [secretProblem !== undefined, `the secret cannot be used (${secretProblem})`],
    [
      read.state === 'token' && read.token.usedPreviousCredentials,
      'only the previous credentials were accepted',
    ],
    ...dangersOf(lastRun, situation),
    [overdue, 'the token should have been replaced by now'],
    [firing.length > 0, `in alarm: ${firing.join(', ')}`],
  ];
  return dangers.filter(([present]) => present).map(([, text]) => text);
}

function dangersOf(
  run: RunStatus | undefined,
  { configuration, now }: Situation,
): readonly (readonly [present: boolean, text: string])[] {
  if (run === undefined) return [];
  if (run === 'none') return [[true, 'there was no run in the last day']];
  if (run === 'log-gone') return [[true, 'the log group is gone, and the metrics with it']];
  const late = configuration !== undefined && isLate(run, configuration.checkEvery, now);
  if (run.outcome === 'failed') return [[true, 'the last run failed']];
  return [[late, 'the last run was too long ago']];
}

/** A token is due for a while before the first check that finds it due; beyond that, checks do not take place or fail. */
function isOverdue(token: KnownToken, configuration: Configuration, now: number): boolean {
  const margin = refreshMargin(token.expires_at - token.issued_at, configuration);
  return token.expires_at - now < margin - configuration.checkEvery - SCHEDULE_PRECISION_SECONDS;
}
