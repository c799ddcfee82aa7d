import { type Clock, unixSeconds } from '../lambda/clock.ts';
import type { Configuration } from '../lambda/configuration.ts';
import { describeCredentials, type SecretVersions } from '../lambda/credentials.ts';
import { refreshMargin } from '../lambda/decide.ts';
import { SCHEDULE_PRECISION_SECONDS } from '../lambda/environment.ts';
import { RefreshError } from '../lambda/errors.ts';
import { sourceFingerprint } from '../lambda/source.ts';
import { readStored } from '../lambda/store.ts';
import type { Stored, StoredToken } from '../lambda/stored-token.ts';
import type { Clients } from './clients.ts';
import { type Alarm, readAlarms } from './deployed/alarms.ts';
import { configurationOf, readFunction } from './deployed/function.ts';
import type { Refresher } from './deployed/refreshers.ts';
import { readSchedule } from './deployed/schedule.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { type LastRun, readLastRun } from './last-run.ts';
import { describeFailure } from './unable.ts';

/**
 * `soon`: the token is good, but something is wrong that lets it expire. `missing`: there is no token that a consumer
 * could read. `unknown`: it could not be read from here.
 */
export type TokenState = 'healthy' | 'soon' | 'expired' | 'missing' | 'unknown';

/** What a token was minted from, next to what the refresher would mint from now. */
export interface MintedFrom {
  /** `other`: other settings, or a version of the secret that is neither current nor previous. */
  readonly credentials: 'current' | 'previous' | 'other';
  readonly version: string | undefined;
}

export interface ScheduleStatus {
  readonly state: 'on' | 'off' | 'gone';
  readonly expression: string | undefined;
}

/** What was found out of one refresher. Each part that could not be is undefined, and `unknown` says why. */
export interface RefresherStatus {
  readonly refresher: Refresher;
  readonly state: TokenState;
  /** Why the state is not `healthy`. */
  readonly because: readonly string[];
  /** Unix time, seconds, at which all this was so. */
  readonly now: number;
  readonly token: StoredToken | undefined;
  readonly parameterVersion: number | undefined;
  readonly mintedFrom: MintedFrom | undefined;
  /** `none`: no run in the last day. */
  readonly lastRun: LastRun | 'none' | undefined;
  readonly schedule: ScheduleStatus | undefined;
  readonly alarms: readonly Alarm[] | undefined;
  readonly unknown: readonly string[];
}

export async function readStatus(
  refresher: Refresher,
  clients: Clients,
  clock: Clock,
): Promise<RefresherStatus> {
  const unknown: string[] = [];
  const known = async <Part>(part: string, reading: Promise<Part>): Promise<Part | undefined> =>
    reading.catch((error: unknown) => {
      unknown.push(`${part}: ${describeFailure(error)}`);
      return undefined;
    });
  const found = await known(
    'function',
    readFunction(clients.lambda, refresher).then((fn) => fn ?? 'gone'),
  );
  const configuration = configurationOf(refresher, found === 'gone' ? undefined : found);
  const { schedule: scheduleResource, logGroup } = refresher;
  const [read, versions, lastRun, schedule, alarms] = await Promise.all([
    readToken(refresher, clients),
    configuration === undefined
      ? undefined
      : known('secret', describeCredentials(clients.secretsManager, configuration.credentialsSecretId)),
    logGroup === undefined || configuration === undefined
      ? undefined
      : known(
          'last run',
          readLastRun(clients.logs, logGroup.id, { ...configuration, now: clock.now() }).then(
            (run) => run ?? 'none',
          ),
        ),
    scheduleResource === undefined
      ? undefined
      : known('schedule', readSchedule(clients.scheduler, scheduleResource).then(scheduleStatus)),
    known('alarms', readAlarms(clients.cloudWatch, refresher)),
  ]);
  if (read.state === 'unknown') unknown.push(`token: ${read.found}`);
  const now = unixSeconds(clock.now());
  const token = read.state === 'token' ? read.token : undefined;
  return {
    refresher,
    ...assess({ read, configuration, functionGone: found === 'gone', schedule, lastRun, alarms, now }),
    now,
    token,
    parameterVersion: read.state === 'token' ? read.version : undefined,
    mintedFrom: token && configuration && versions && mintedFrom(token, configuration, versions),
    lastRun,
    schedule,
    alarms,
    unknown,
  };
}

/** The stored token, or why there is none that could be read. */
type ReadToken = Stored | { readonly state: 'undecryptable' | 'unknown'; readonly found: string };

/** Where it is not this command's permissions that are lacking, the consumers cannot decrypt the token either. */
const KEY_UNUSABLE: ReadonlySet<string> = new Set([
  'InvalidKeyId',
  'KMSInvalidStateException',
  'DisabledException',
]);

async function readToken({ parameterName }: Refresher, { ssm }: Clients): Promise<ReadToken> {
  try {
    return await readStored(ssm, parameterName);
  } catch (error) {
    if (error instanceof RefreshError && KEY_UNUSABLE.has(error.details.reason ?? '')) {
      return { state: 'undecryptable', found: 'a value whose key cannot be used' };
    }
    return { state: 'unknown', found: describeFailure(error) };
  }
}

interface Situation {
  readonly read: ReadToken;
  readonly configuration: Configuration | undefined;
  readonly functionGone: boolean;
  readonly schedule: ScheduleStatus | undefined;
  readonly lastRun: LastRun | 'none' | undefined;
  readonly alarms: readonly Alarm[] | undefined;
  /** Unix time, seconds. */
  readonly now: number;
}

/** Whether there is a token, and whether there will be one. Pure. */
export function assess(situation: Situation): {
  readonly state: TokenState;
  readonly because: readonly string[];
} {
  const { read, now } = situation;
  const dangers = dangersIn(situation);
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

function dangersIn({
  read,
  configuration,
  functionGone,
  schedule,
  lastRun,
  alarms,
  now,
}: Situation): string[] {
  const overdue =
    read.state === 'token' && configuration !== undefined && isOverdue(read.token, configuration, now);
  const firing = (alarms ?? []).filter(({ state }) => state === 'alarm').map(({ name }) => name);
  return [
    ...(functionGone ? ['the function is gone'] : []),
    ...(schedule?.state === 'gone' ? ['the schedule is gone'] : []),
    ...(schedule?.state === 'off' ? ['the schedule is off'] : []),
    ...(lastRun === 'none' ? ['there was no run in the last day'] : []),
    ...(lastRun !== undefined && lastRun !== 'none' && lastRun.outcome === 'failed'
      ? ['the last run failed']
      : []),
    ...(overdue ? ['the token should have been replaced by now'] : []),
    ...(firing.length > 0 ? [`in alarm: ${firing.join(', ')}`] : []),
  ];
}

/** A token is due for a while before the first check that finds it due; beyond that, checks do not take place or fail. */
function isOverdue(token: StoredToken, configuration: Configuration, now: number): boolean {
  const margin = refreshMargin(token.expires_at - token.issued_at, configuration);
  return token.expires_at - now < margin - configuration.checkEvery - SCHEDULE_PRECISION_SECONDS;
}

function mintedFrom(
  token: StoredToken,
  configuration: Configuration,
  { current, previous }: SecretVersions,
): MintedFrom {
  if (token.source === sourceFingerprint(configuration, current))
    return { credentials: 'current', version: current };
  if (previous !== undefined && token.source === sourceFingerprint(configuration, previous)) {
    return { credentials: 'previous', version: previous };
  }
  return { credentials: 'other', version: undefined };
}

function scheduleStatus(
  found:
    | { readonly State?: string | undefined; readonly ScheduleExpression?: string | undefined }
    | undefined,
): ScheduleStatus {
  if (found === undefined) return { state: 'gone', expression: undefined };
  return { state: found.State === 'ENABLED' ? 'on' : 'off', expression: found.ScheduleExpression };
}

const SEVERITY: Readonly<Record<TokenState, ExitCode>> = {
  healthy: EXIT.ok,
  soon: EXIT.attention,
  expired: EXIT.noToken,
  missing: EXIT.noToken,
  unknown: EXIT.unable,
};

/** The worst of all decides. A token that could not be read counts for less than one that is known to be gone. */
export function exitCodeOf(statuses: readonly RefresherStatus[]): ExitCode {
  const codes = statuses.map(({ state }) => SEVERITY[state]);
  const worstFirst: readonly ExitCode[] = [EXIT.noToken, EXIT.unable, EXIT.attention];
  return worstFirst.find((code) => codes.includes(code)) ?? EXIT.ok;
}
