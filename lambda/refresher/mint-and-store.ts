import { unixSeconds } from '../shared/clock.ts';
import type { RefreshPolicy } from '../shared/refresh-margin.ts';
import type { MintReason, RefreshResult } from '../shared/refresh-result.ts';
import type { Stored, StoredToken } from '../shared/stored-token.ts';
import type { ClaimRecord } from './claim-record.ts';
import type { Configuration } from './configuration.ts';
import { isDue } from './decide.ts';
import { mayBeUnknown, mintWithFallback } from './mint-with-fallback.ts';
import { kept } from './observe-stored.ts';
import type { Found } from './read-and-decide.ts';
import type { RefreshTools, RunObservations } from './refresh.ts';
import { grantedAgain, isPartlyUsed } from './same-token.ts';
import { sourceFingerprint } from './source-fingerprint.ts';
import { storeMinted } from './store-minted.ts';
import type { Minted } from './unstored-token.ts';

/**
 * Mints and stores, or stores what an earlier run minted. This run has the claim.
 * @throws RefreshError as `refresh` does
 */
export async function mintAndStore(
  found: Found,
  claim: ClaimRecord,
  configuration: Configuration,
  tools: RefreshTools,
): Promise<RefreshResult> {
  const { stored, source, versions, decision, unstored } = found;
  const { clock, observations } = tools;
  const store = (minted: Minted) => storeMinted(minted, stored, claim, configuration, tools);
  if (decision.action === 'keep')
    return unstored === undefined ? kept(decision.reason, decision) : store(unstored);
  const { reason } = decision;
  // The operator who forces a mint may know that all earlier tokens are revoked.
  if (unstored !== undefined && reason !== 'forced') return store({ ...unstored, reason });

  const mayKeep =
    reason === 'source-changed' && isFromPrevious(stored, versions.previous, configuration, clock.now());
  const usable = mayKeep ? stored : undefined;
  let token: StoredToken;
  try {
    const tried = usable === undefined ? versions : { ...versions, previous: undefined };
    const storedUntil = goodUntil(stored, reason, configuration);
    token = await mintWithFallback(configuration, tried, { ...tools, storedUntil });
  } catch (rejection) {
    if (usable === undefined || !mayBeUnknown(rejection)) throw rejection;
    observations.previousCredentialsUsed = true;
    return kept('fresh', usable);
  }
  const same = grantedAgain(token, stored, reason, configuration);
  if (same === undefined) {
    if (isPartlyUsed(token, stored, configuration)) observeReuse('another', observations);
    if (reason === 'expiring' && outlasts(stored, token, configuration)) return kept('same-token', stored);
    return store({ token, reason, source });
  }
  observeReuse('stored', observations);
  if (
    // Stryker disable next-line ConditionalExpression: only a token that is stored can be granted again
    stored.state === 'token' &&
    stored.token.source === source
  )
    return kept('same-token', { token: same, version: stored.version });
  // Otherwise, every check would mint.
  return store({ token: same, reason, source });
}

/**
 * Whether the stored token was minted with the secret's previous version and is not due. Then each check tries the current
 * version, and keeps the token if the endpoint still rejects it. `now` is Unix time in milliseconds.
 */
function isFromPrevious(
  stored: Stored,
  previous: string | undefined,
  configuration: Configuration & RefreshPolicy,
  now: number,
): stored is Extract<Stored, { state: 'token' }> {
  // Stryker disable next-line ConditionalExpression,LogicalOperator: only a token has a source, and no source is that of no version
  if (stored.state !== 'token' || previous === undefined) return false;
  const isIts = stored.token.source === sourceFingerprint(configuration, previous);
  return isIts && !isDue(stored.token, unixSeconds(now), configuration);
}

/** Unix time in seconds until which APIs should accept the stored token after a grant. Undefined if they do not. */
function goodUntil(
  stored: Stored,
  reason: MintReason,
  { revokesFormerToken }: Configuration,
): number | undefined {
  const isGood = stored.state === 'token' && reason !== 'rejected' && !revokesFormerToken;
  return isGood ? stored.token.expires_at : undefined;
}

/** Whether the stored token is accepted for longer than the granted one. Then the next check asks again. */
function outlasts(
  stored: Stored,
  granted: StoredToken,
  { revokesFormerToken }: Configuration,
): stored is Extract<Stored, { state: 'token' }> {
  return (
    !revokesFormerToken &&
    // Stryker disable next-line ConditionalExpression: only a token that is stored can expire
    stored.state === 'token' &&
    stored.token.expires_at > granted.expires_at
  );
}

function observeReuse(reused: 'stored' | 'another', observations: RunObservations): void {
  observations.reused = reused;
  // What is left of a token is not its lifetime.
  delete observations.mintedLifetime;
}
