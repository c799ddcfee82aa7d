import { describeAlarms } from '../deployed/describe-alarms.ts';
import { describeLastRun } from '../deployed/describe-last-run.ts';
import type { MintedFor } from '../deployed/minted-for.ts';
import type { LastRun } from '../deployed/read-last-run.ts';
import type { KnownToken } from '../deployed/read-parameter.ts';
import { type Color, row, type Style } from '../terminal/style.ts';
import { duration, instant } from '../terminal/time.ts';
import type { RunStatus, ScheduleStatus } from './assess.ts';
import type { RefresherStatus } from './read-status.ts';
import { STATES } from './render-overview.ts';

const BAR_WIDTH = 40;
/** One refresher as text. `diagnose` is the command that finds the fault. */
export function renderStatus(status: RefresherStatus, style: Style, diagnose: string): string {
  const { refresher, state, because, now, token, mintedFor, lastRun, schedule, alarms, unknown } = status;
  const { sameToken, survivableOutage: survives } = status;
  const color = STATES[state];
  const lines = [
    `${style('bold', refresher.name)}  ${refresher.parameterName}  ${style(color, state)}`,
    ...(token === undefined
      ? []
      : [row('token', `${bar(token, now, style, color)} ${timeLeft(token, now)}`)]),
    ...(token === undefined ? [] : [row('minted', minted(token, now, mintedFor))]),
    ...(lastRun === undefined ? [] : [row('last run', describeRun(lastRun, now))]),
    ...(sameToken === undefined ? [] : [row('endpoint', sameToken)]),
    ...(survives === undefined ? [] : [row('outages', describeOutage(survives))]),
    ...(schedule === undefined ? [] : [row('schedule', describeSchedule(schedule))]),
    ...(alarms === undefined ? [] : [row('alarms', describeAlarms(alarms))]),
    ...unknown.map((what) => row('unknown', what)),
    ...(because.length === 0 ? [] : [row('because', style(color, because.join('; ')))]),
    ...(state === 'healthy' ? [] : [row('diagnose', diagnose)]),
  ];
  return lines.join('\n');
}

function bar({ issued_at, expires_at }: KnownToken, now: number, style: Style, color: Color): string {
  const share = Math.min(1, Math.max(0, (expires_at - now) / (expires_at - issued_at)));
  const full = Math.round(share * BAR_WIDTH);
  return style(color, '█'.repeat(full)) + style('dim', '░'.repeat(BAR_WIDTH - full));
}

function timeLeft({ issued_at, expires_at }: KnownToken, now: number): string {
  if (expires_at <= now) return `expired ${duration(now - expires_at)} ago, at ${instant(expires_at)}`;
  return `${duration(expires_at - now)} of ${duration(expires_at - issued_at)} left, until ${instant(expires_at)}`;
}

function minted({ issued_at }: KnownToken, now: number, from: MintedFor | undefined): string {
  const ago = `${duration(now - issued_at)} ago`;
  if (from === undefined) return ago;
  const version = from.version === undefined ? '' : ` (secret version ${from.version})`;
  const source = {
    current: 'the current credentials and settings',
    previous: 'the previous credentials',
    other: 'other credentials or settings than the current ones',
  }[from.credentials];
  return `${ago}, for ${source}${version}`;
}

function describeRun(run: RunStatus, now: number): string {
  if (run === 'none') return 'none in the last day';
  if (run === 'log-gone') return 'unknown: the log group has been deleted';
  return describeLastRun(run, now);
}

function describeOutage(survives: number): string {
  if (survives === 0) return 'even a short outage of the token endpoint may leave readers without a token';
  return `survives up to ${duration(survives)} without the token endpoint`;
}

function describeSchedule({ state, expression }: ScheduleStatus): string {
  if (state === 'gone') return 'deleted';
  return expression === undefined ? state : `${state}, ${expression}`;
}

/** One refresher as JSON. Unknown parts are null. */
export function statusJson(status: RefresherStatus): object {
  const { refresher, state, because, now, token, parameterVersion, mintedFor, lastRun, schedule, alarms } =
    status;
  return {
    name: refresher.name,
    stack: refresher.stack,
    parameter: refresher.parameterName,
    state,
    because,
    token:
      token === undefined
        ? null
        : {
            issued_at: token.issued_at,
            expires_at: token.expires_at,
            seconds_left: Math.max(0, token.expires_at - now),
            parameter_version: parameterVersion,
          },
    minted_for:
      mintedFor === undefined
        ? null
        : { credentials: mintedFor.credentials, secret_version: mintedFor.version ?? null },
    last_run: typeof lastRun === 'object' ? runJson(lastRun) : null,
    survivable_outage: status.survivableOutage ?? null,
    schedule:
      schedule === undefined ? null : { state: schedule.state, expression: schedule.expression ?? null },
    alarms: alarms === undefined ? null : alarms.map(({ name, state: is }) => ({ name, state: is })),
    unknown: status.unknown,
  };
}

function runJson(run: LastRun): object {
  const at = Math.floor(run.at / 1_000);
  if (run.outcome === 'failed') return { at, outcome: run.outcome, code: run.code, message: run.message };
  return {
    at,
    outcome: run.outcome,
    reason: run.reason ?? null,
    previous_credentials_used: run.previousCredentialsUsed,
  };
}
