import { unixSeconds } from '../shared/clock.ts';
import type { RefreshResult } from '../shared/refresh-result.ts';
import type { StoredToken } from '../shared/stored-token.ts';
import { type Configuration, type Environment, readConfiguration } from './configuration.ts';
import { decide } from './decide.ts';
import { parseEvent } from './event.ts';
import { lookDirectly } from './look-directly.ts';
import { kept, observe } from './observe-stored.ts';
import { latestStart, nextLook } from './plan-next.ts';
import { newObservations, reported } from './report-attempt.ts';
import type { ToolsWithoutSdk } from './run-with-sdk.ts';
import type { SecretVersions } from './secret-versions.ts';
import { sourceFingerprint } from './source-fingerprint.ts';

/** A stored token that the check keeps. */
interface Kept {
  readonly configuration: Configuration;
  readonly token: StoredToken;
  readonly versions: SecretVersions;
  readonly result: RefreshResult;
}

/**
 * Runs a scheduled check that keeps the token, without the SDK: loading it takes longer than the rest of the first check in a
 * container. Undefined if the check has more to do, or if a step fails. The run with the SDK then starts from the beginning.
 */
export async function keepWithoutSdk(
  given: unknown,
  environment: Environment,
  tools: ToolsWithoutSdk,
): Promise<RefreshResult | undefined> {
  if (tools.isAwaited) return undefined;
  const found = await findKept(given, environment, tools).catch(() => undefined);
  if (found === undefined) return undefined;
  const { configuration, token, versions, result } = found;
  tools.memory.versions = versions;
  const observations = newObservations();
  observations.version = result.parameter_version;
  observe(token, observations);
  const context = { configuration, startedAt: tools.startedAt, counted: new Set<string>(), tools };
  await reported(context, observations, async () => result);
  return result;
}

async function findKept(
  given: unknown,
  environment: Environment,
  { clock, startedAt, remaining }: ToolsWithoutSdk,
): Promise<Kept | undefined> {
  const event = parseEvent(given);
  if (event.type !== 'check') return undefined;
  const configuration = readConfiguration(environment);
  const found = await lookDirectly(configuration, environment);
  // Stryker disable next-line ConditionalExpression: the step after it would fail, which has the same effect
  if (found === undefined) return undefined;
  const { stored, versions } = found;
  const now = clock.now();
  const { parameterName } = configuration;
  const source = sourceFingerprint(configuration, versions.current);
  const decision = decide({
    event,
    stored,
    parameterName,
    source,
    now: unixSeconds(now),
    policy: configuration,
  });
  // Stryker disable next-line ConditionalExpression,StringLiteral: the step after it would fail, which has the same effect
  if (decision.action === 'mint') return undefined;
  const result = kept(decision.reason, decision);
  const soFar = { now, latest: latestStart(startedAt, remaining, configuration), failedInARow: 0 };
  // A run that waits for the token to become due needs the SDK then.
  if (nextLook(result, decision.token, configuration, soFar) !== undefined) return undefined;
  return { configuration, token: decision.token, versions, result };
}
