import type { GetFunctionCommandOutput } from '@aws-sdk/client-lambda';
import type { Configuration } from '../../lambda/refresher/configuration.ts';
import { describeCredentials } from '../../lambda/refresher/credentials.ts';
import type { SecretVersions } from '../../lambda/refresher/secret-versions.ts';
import { describeAwsFailure } from '../../lambda/shared/aws-failure.ts';
import { type Clock, unixSeconds } from '../../lambda/shared/clock.ts';
import { RefreshError } from '../../lambda/shared/refresh-error.ts';
import { survivableOutage } from '../../lambda/shared/survivable-outage.ts';
import { describeFailure } from '../cli-error.ts';
import type { Clients } from '../clients.ts';
import { type MintedFor, mintedFor } from '../deployed/minted-for.ts';
import type { Alarm } from '../deployed/read-alarms.ts';
import { configurationOf, readFunction } from '../deployed/read-function.ts';
import { readKey } from '../deployed/read-key.ts';
import { readLastRun } from '../deployed/read-last-run.ts';
import type { KnownToken } from '../deployed/read-parameter.ts';
import { readSchedule } from '../deployed/read-schedule.ts';
import type { DeployedResource, Refresher } from '../deployed/refreshers-of-stack.ts';
import { describeSameToken, isSameTokenGranted } from '../deployed/same-token.ts';
import { type Assessment, assess, type RunStatus, type ScheduleStatus, type StatusInput } from './assess.ts';
import { readShared, type SharedReads } from './read-shared.ts';

/** The status of one refresher. Parts that could not be read are undefined, and `unknown` says why. */
export interface RefresherStatus extends Assessment {
  readonly refresher: Refresher;
  /** Unix time of this status, seconds. */
  readonly now: number;
  readonly token: KnownToken | undefined;
  readonly parameterVersion: number | undefined;
  readonly mintedFor: MintedFor | undefined;
  readonly lastRun: RunStatus | undefined;
  /** Set if the endpoint grants the stored token again: what the refresher does. */
  readonly sameToken: string | undefined;
  /** Seconds: the longest outage of the token endpoint that the settings survive for certain, with tokens like the stored one. */
  readonly survivableOutage: number | undefined;
  readonly schedule: ScheduleStatus | undefined;
  readonly alarms: readonly Alarm[] | undefined;
  readonly unknown: readonly string[];
}

export async function readStatus(
  refresher: Refresher,
  clients: Clients,
  clock: Clock,
  shared = readShared([refresher], clients),
): Promise<RefresherStatus> {
  const unknown: string[] = [];
  const known = async <Part>(part: string, reading: Promise<Part>): Promise<Part | undefined> =>
    reading.catch((error: unknown) => {
      unknown.push(`${part}: ${describeFailure(error)}`);
      return undefined;
    });
  const fn = await known('function', readFunctionOrGone(refresher, clients));
  const configuration = configurationOf(refresher, fn === 'gone' ? undefined : fn);
  const [parameter, key, secret, lastRun, schedule, alarms] = await Promise.all([
    shared.parameter(refresher),
    configuration && known('key', readKeyState(configuration, clients)),
    configuration && known('secret', readSecret(configuration, clients)),
    configuration && known('last run', readRun(refresher, configuration, { clients, clock, shared })),
    refresher.schedule && known('schedule', readScheduleStatus(refresher.schedule, clients)),
    known('alarms', shared.alarms(refresher)),
  ]);
  if (parameter.state === 'unknown') unknown.push(`token: ${parameter.found}`);
  const now = unixSeconds(clock.now());
  const stored = parameter.state === 'token' ? parameter : undefined;
  const versions = secret instanceof RefreshError ? undefined : secret;
  return {
    refresher,
    ...assess({
      parameter,
      configuration,
      function: functionState(fn),
      schedule,
      keyState: key,
      secretProblem: secret instanceof RefreshError ? secret.code : undefined,
      lastRun,
      alarms,
      now,
    }),
    now,
    token: stored?.token,
    parameterVersion: stored?.version,
    mintedFor: stored && configuration && versions && mintedFor(stored.token, configuration, versions),
    lastRun,
    sameToken: stored && configuration && sameToken(stored.token, lastRun, configuration, now),
    survivableOutage:
      stored &&
      configuration &&
      survivableOutage(stored.token.expires_at - stored.token.issued_at, configuration),
    schedule,
    alarms,
    unknown,
  };
}

function sameToken(
  token: KnownToken,
  lastRun: RunStatus | undefined,
  configuration: Configuration,
  now: number,
): string | undefined {
  if (typeof lastRun !== 'object' || token.expires_at <= now) return undefined;
  if (!isSameTokenGranted(lastRun, configuration, now)) return undefined;
  return describeSameToken(token, lastRun, configuration, now);
}

type FoundFunction = GetFunctionCommandOutput | 'gone';

async function readFunctionOrGone(refresher: Refresher, { lambda }: Clients): Promise<FoundFunction> {
  return (await readFunction(lambda, refresher)) ?? 'gone';
}

function functionState(fn: FoundFunction | undefined): StatusInput['function'] {
  if (fn === undefined || fn === 'gone') return fn;
  return fn.Concurrency?.ReservedConcurrentExecutions === 0 ? 'stopped' : 'active';
}

async function readKeyState(
  { parameterKeyId }: Configuration,
  { kms }: Clients,
): Promise<string | undefined> {
  const key = await readKey(kms, parameterKeyId);
  return key === undefined ? 'gone' : key.KeyState;
}

/** The versions of the secret, or the error that makes it unusable. */
async function readSecret(
  configuration: Configuration,
  { secretsManager }: Clients,
): Promise<SecretVersions | RefreshError> {
  try {
    return await describeCredentials(secretsManager, configuration);
  } catch (error) {
    if (error instanceof RefreshError && error.code !== 'CREDENTIALS_UNAVAILABLE') return error;
    throw error;
  }
}

async function readRun(
  refresher: Refresher,
  { checkEvery }: Configuration,
  { clients, clock, shared }: { clients: Clients; clock: Clock; shared: SharedReads },
): Promise<RunStatus | undefined> {
  const { logGroup } = refresher;
  const counted = await shared.lastRun(refresher);
  if (counted !== undefined || logGroup === undefined) return counted;
  try {
    return (await readLastRun(clients.logs, logGroup.id, { checkEvery, now: clock.now() })) ?? 'none';
  } catch (error) {
    if (describeAwsFailure(error).name === 'ResourceNotFoundException') return 'log-gone';
    throw error;
  }
}

async function readScheduleStatus(
  resource: DeployedResource,
  { scheduler }: Clients,
): Promise<ScheduleStatus> {
  const found = await readSchedule(scheduler, resource);
  if (found === undefined) return { state: 'gone', expression: undefined, asDeployed: false };
  const { State: state, ScheduleExpression: expression } = found;
  const asDeployed = expression === resource.properties.ScheduleExpression;
  return { state: state === 'ENABLED' ? 'on' : 'off', expression, asDeployed };
}
