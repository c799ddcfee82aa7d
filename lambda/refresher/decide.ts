import { RefreshError } from '../shared/refresh-error.ts';
import { dueAt, type RefreshPolicy } from '../shared/refresh-margin.ts';
import type { KeepReason, MintReason } from '../shared/refresh-result.ts';
import { type Stored, type StoredToken, sha256 } from '../shared/stored-token.ts';
import type { RefreshEvent } from './event.ts';

export type Decision =
  | {
      readonly action: 'keep';
      readonly reason: KeepReason;
      readonly token: StoredToken;
      readonly version: number;
    }
  | { readonly action: 'mint'; readonly reason: MintReason };

/** A rejected token is kept in its first minute, or in the first tenth of its lifetime if that is shorter. */
const JUST_MINTED_SECONDS = 60;

/** Everything that a decision depends on. */
export interface DecisionInput {
  readonly event: RefreshEvent;
  readonly stored: Stored;
  readonly parameterName: string;
  /** Fingerprint of the current configuration and credentials. */
  readonly source: string;
  /** Unix time in seconds. */
  readonly now: number;
  readonly policy: RefreshPolicy;
}

/**
 * Decides whether to keep or to mint, and why. Pure.
 * @throws RefreshError `PARAMETER_OCCUPIED` if the value is foreign, unless forced
 */
export function decide({ event, stored, parameterName, source, now, policy }: DecisionInput): Decision {
  if (event.type === 'force') return { action: 'mint', reason: 'forced' };
  if (stored.state === 'missing') return { action: 'mint', reason: 'missing' };
  if (stored.state === 'unreadable') return { action: 'mint', reason: 'unreadable' };
  if (stored.state === 'foreign') throw occupied(parameterName, stored);

  const { token, version } = stored;
  const keep = (reason: KeepReason): Decision => ({ action: 'keep', reason, token, version });
  if (event.type === 'rejected') {
    if (sha256(token.access_token) !== event.fingerprint) return keep('already-replaced');
    return isJustMinted(token, now) ? keep('just-minted') : { action: 'mint', reason: 'rejected' };
  }
  if (token.source !== source) {
    // Another run stored it during this one, perhaps with settings deployed since. This run has the old ones.
    if (event.type === 'held' && version !== event.version) return keep('already-replaced');
    if (
      // Stryker disable next-line ConditionalExpression: no other event has this time
      event.type === 'late' &&
      token.issued_at >= event.since
    )
      return keep('already-replaced');
    return { action: 'mint', reason: 'source-changed' };
  }
  if (isDue(token, now, policy)) return { action: 'mint', reason: 'expiring' };
  return keep('fresh');
}

/** Whether the token's remaining validity is within the refresh margin. */
export function isDue(token: StoredToken, now: number, policy: RefreshPolicy): boolean {
  return dueAt(token, policy) <= now;
}

function isJustMinted(token: StoredToken, now: number): boolean {
  const leastAge = Math.min(JUST_MINTED_SECONDS, (token.expires_at - token.issued_at) / 10);
  return now - token.issued_at < leastAge;
}

/** The error for a value that belongs to somebody else. */
export function occupied(
  parameterName: string,
  { found, isSecureString }: Extract<Stored, { state: 'foreign' }>,
): RefreshError {
  return new RefreshError(
    'PARAMETER_OCCUPIED',
    `parameter ${parameterName} holds ${found}, not a token record, and was left unchanged. ` +
      'Choose another parameterName, or delete the parameter.' +
      (isSecureString ? ' To overwrite it, invoke the deployed function with {"force": true}.' : ''),
  );
}
