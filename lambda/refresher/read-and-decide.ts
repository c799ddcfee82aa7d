import { unixSeconds } from '../shared/clock.ts';
import type { KeepReason, RefreshResult } from '../shared/refresh-result.ts';
import type { Stored, StoredToken } from '../shared/stored-token.ts';
import type { Configuration } from './configuration.ts';
import type { SecretVersions } from './credentials.ts';
import { type Decision, decide } from './decide.ts';
import type { RefreshEvent } from './event.ts';
import { knownVersions } from './known-credentials.ts';
import type { RefreshTools, RunObservations } from './refresh.ts';
import { sourceFingerprint } from './source-fingerprint.ts';
import { readReplaceable, readStored } from './store.ts';
import { type UnstoredToken, unstoredToken } from './unstored-token.ts';

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
    read(ssm, parameterName),
    knownVersions(tools, configuration),
  ]);
  const stored = unwrap(storedRead);
  // Recorded first, because the next steps may fail.
  observations.version = versionOf(stored);
  if (stored.state === 'token') observe(stored.token, observations);
  else observations.expiresAt = 0;
  const versions = unwrap(secretRead);
  const source = sourceFingerprint(configuration, versions.current);
  const now = unixSeconds(clock.now());
  // Remembered versions may be outdated. They must not replace a token that was minted with later ones.
  const isOutdated = observations.credentialsRemembered === true && stored.state === 'token';
  const wanted = isOutdated ? stored.token.source : source;
  const decision = decide({ event, stored, parameterName, source: wanted, now, policy: configuration });
  const unstored = unstoredToken(memory, { stored, source, now, policy: configuration });
  return { stored, versions, source, decision, unstored };
}

/** Notes the token that is stored now. */
export function observe({ expires_at, issued_at, source }: StoredToken, observations: RunObservations): void {
  observations.expiresAt = expires_at;
  observations.origin = { issued_at, source };
}

/** The version of the parameter, or 0 if there is none. */
export function versionOf(stored: Stored): number {
  return stored.state === 'missing' ? 0 : stored.version;
}

export function kept(
  reason: KeepReason,
  { token, version }: { readonly token: StoredToken; readonly version: number },
): RefreshResult {
  return { outcome: 'kept', reason, expires_at: token.expires_at, parameter_version: version };
}

function unwrap<Value>(result: PromiseSettledResult<Value>): Value {
  if (result.status === 'rejected') throw result.reason;
  return result.value;
}
