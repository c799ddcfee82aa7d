import type { Configuration } from '../../lambda/refresher/configuration.ts';
import type { RefreshErrorCode } from '../../lambda/shared/refresh-error.ts';
import { isOverdue } from '../deployed/is-overdue.ts';
import type { Alarm } from '../deployed/read-alarms.ts';
import { isUsable } from '../deployed/read-key.ts';
import { isLate, type LastRun } from '../deployed/read-last-run.ts';
import type { ParameterContent } from '../deployed/read-parameter.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';

/**
 * `soon`: the token is valid, but a fault will let it expire. `missing`: there is no token that a consumer can read.
 * `unknown`: the CLI could not read it.
 */
export type TokenState = 'healthy' | 'soon' | 'expired' | 'missing' | 'unknown';

export interface ScheduleStatus {
  readonly state: 'on' | 'off' | 'gone';
  readonly expression: string | undefined;
  /** Whether the expression is the template's. */
  readonly asDeployed: boolean;
}

/** `none`: no run in the last day. `log-gone`: the log group was deleted. */
export type RunStatus = LastRun | 'none' | 'log-gone';

/** What is known about one refresher. Unknown parts are undefined and do not affect the state. */
export interface StatusInput {
  readonly parameter: ParameterContent;
  readonly configuration: Configuration | undefined;
  readonly function: 'active' | 'stopped' | 'gone' | undefined;
  readonly schedule: ScheduleStatus | undefined;
  readonly secretProblem: RefreshErrorCode | undefined;
  /** The key's state in KMS, or `gone`. */
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

/** Decides whether there is a token now and whether it will be replaced in time. Pure. */
export function assess(input: StatusInput): Assessment {
  const { parameter, keyState, now } = input;
  const faults = faultsIn(input);
  if (keyState !== undefined && !isUsable(keyState)) {
    const key = keyState === 'gone' ? 'the key has been deleted' : `the key's state is ${keyState}`;
    return { state: 'missing', because: [`nobody can read the token: ${key}`, ...faults] };
  }
  switch (parameter.state) {
    case 'unknown':
      return { state: 'unknown', because: faults };
    case 'missing':
      return { state: 'missing', because: ['the parameter does not exist', ...faults] };
    case 'unreadable':
      return { state: 'missing', because: ['the parameter holds a damaged record', ...faults] };
    case 'foreign':
    case 'undecryptable':
      return { state: 'missing', because: [`the parameter holds ${parameter.found}`, ...faults] };
    case 'token':
      if (parameter.token.expires_at <= now)
        return { state: 'expired', because: ['the token has expired', ...faults] };
      return { state: faults.length > 0 ? 'soon' : 'healthy', because: faults };
  }
}

/** Faults that can keep the refresher from replacing the token in time. */
function faultsIn(input: StatusInput): readonly string[] {
  const { parameter, configuration, schedule, secretProblem, lastRun, alarms, now } = input;
  const firing = (alarms ?? []).filter(({ state }) => state === 'alarm').map(({ label }) => label);
  const overdue =
    parameter.state === 'token' &&
    configuration !== undefined &&
    isOverdue(parameter.token, configuration, typeof lastRun === 'object' ? lastRun : undefined, now);
  const faults: readonly (readonly [present: boolean, text: string])[] = [
    [input.function === 'gone', 'the function has been deleted'],
    [input.function === 'stopped', 'the function is stopped'],
    [schedule?.state === 'gone', 'the schedule has been deleted'],
    [schedule?.state === 'off', 'the schedule is off'],
    [schedule?.state === 'on' && !schedule.asDeployed, 'the schedule was changed'],
    [secretProblem !== undefined, `the secret cannot be used (${secretProblem})`],
    ...faultsOfRun(lastRun, input),
    [overdue, 'the token is overdue for replacement'],
    [firing.length > 0, `in alarm: ${firing.join(', ')}`],
  ];
  return faults.filter(([present]) => present).map(([, text]) => text);
}

function faultsOfRun(
  run: RunStatus | undefined,
  { configuration, now }: StatusInput,
): readonly (readonly [present: boolean, text: string])[] {
  if (run === undefined) return [];
  if (run === 'none') return [[true, 'no run in the last day']];
  if (run === 'log-gone') return [[true, 'the log group has been deleted, so the metrics are lost']];
  const late = configuration !== undefined && isLate(run, configuration.checkEvery, now);
  if (run.outcome === 'failed') return [[true, 'the last run failed']];
  return [
    [run.previousCredentialsUsed, 'the current credentials were rejected'],
    [late, 'the last run was too long ago'],
  ];
}

const SEVERITY: Readonly<Record<TokenState, ExitCode>> = {
  healthy: EXIT.ok,
  soon: EXIT.attention,
  expired: EXIT.noToken,
  missing: EXIT.noToken,
  unknown: EXIT.unable,
};

/** The worst state decides. A missing token is worse than one that could not be read. */
export function exitCodeOfStates(states: readonly TokenState[]): ExitCode {
  const codes = states.map((state) => SEVERITY[state]);
  const worstFirst: readonly ExitCode[] = [EXIT.noToken, EXIT.unable, EXIT.attention];
  return worstFirst.find((code) => codes.includes(code)) ?? EXIT.ok;
}
