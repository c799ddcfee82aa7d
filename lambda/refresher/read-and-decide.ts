import { unixSeconds } from '../shared/clock.ts';
import type { Stored } from '../shared/stored-token.ts';
import type { Configuration } from './configuration.ts';
import { type Decision, decide } from './decide.ts';
import type { RefreshEvent } from './event.ts';
import { knownVersions } from './known-credentials.ts';
import { observe, versionOf } from './observe-stored.ts';
import type { RefreshTools } from './refresh.ts';
import type { SecretVersions } from './secret-versions.ts';
import { sourceFingerprint } from './source-fingerprint.ts';
import { readReplaceable, readStored } from './store.ts';
import { type UnstoredToken, unstoredToken } from './unstored-token.ts';
import { untilDeadline } from './until-deadline.ts';

/** What a run found, and what it does about it. */
export interface Found {
  readonly stored: Stored;
  readonly versions: SecretVersions;
  /** Fingerprint of the current settings and secret version. */
  readonly source: string;
  readonly decision: Decision;
  /** A token from an earlier run that is still worth storing. */
  readonly unstored: UnstoredToken | undefined;
}

/** @throws RefreshError as `refresh` does */
export async function readAndDecide(
  event: RefreshEvent,
  configuration: Configuration,
  tools: RefreshTools,
): Promise<Found> {
  const { ssm, clock, memory, observations } = tools;
  const { parameterName } = configuration;
  const read = event.type === 'force' ? readReplaceable : readStored;
  const [storedRead, secretRead] = await Promise.allSettled([
    read(ssm, parameterName, untilDeadline(tools)),
    knownVersions(tools, configuration),
  ]);
  const stored = unwrap(storedRead);
  // Recorded first, because the next steps may fail.
  observations.version ??= versionOf(stored);
  if (stored.state === 'token') observe(stored.token, observations);
  else observations.expiresAt = 0;
  const versions = unwrap(secretRead);
  const source = sourceFingerprint(configuration, versions.current);
  const now = unixSeconds(clock.now());
  // Remembered versions may be outdated. They must not replace a token that was minted with later ones.
  const isOutdated = observations.credentialsRemembered === true && stored.state === 'token';
  const wanted = isOutdated ? stored.token.source : source;
  const decision = decide({ event, stored, parameterName, source: wanted, now, policy: configuration });
  const unstored = unstoredToken(memory, { event, stored, source, now, policy: configuration });
  return { stored, versions, source, decision, unstored };
}

function unwrap<Value>(result: PromiseSettledResult<Value>): Value {
  if (result.status === 'rejected') throw result.reason;
  return result.value;
}
