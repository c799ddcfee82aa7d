import type { KeepReason, RefreshResult } from '../shared/refresh-result.ts';
import type { Stored, StoredToken } from '../shared/stored-token.ts';
import type { RunObservations } from './refresh.ts';

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
