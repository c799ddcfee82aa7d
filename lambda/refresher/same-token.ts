import { canBeKeptAlive, type RefreshPolicy } from '../shared/refresh-margin.ts';
import type { MintReason } from '../shared/refresh-result.ts';
import type { Stored, StoredToken } from '../shared/stored-token.ts';
import type { Configuration } from './configuration.ts';
import { jwtValidity } from './jwt-validity.ts';

/**
 * Seconds after the stored expiry in which the same token, granted again, is not yet believed to live longer: the endpoint
 * counted its lifetime from a later moment than the refresher did.
 */
export const SAME_TOKEN_GRACE_SECONDS = 10;

/** If an API rejected the token, the grant revokes it, or a new one is forced, APIs may accept the same JWT with another `jti`. */
const MAY_BE_SIGNED_AGAIN: ReadonlySet<MintReason> = new Set<MintReason>(['expiring', 'source-changed']);

/**
 * The granted token as the record should describe it, if the endpoint granted the stored token again: issued when the stored
 * one was, and ending at the earlier of the two expiries. A constant `expires_in` says too much about a token that is partly
 * used; a shrinking one says the truth. Undefined if the token is new.
 */
export function grantedAgain(
  granted: StoredToken,
  stored: Stored,
  reason: MintReason,
  { revokesFormerToken }: Pick<Configuration, 'revokesFormerToken'>,
): StoredToken | undefined {
  if (stored.state !== 'token') return undefined;
  const { access_token, issued_at, expires_at } = stored.token;
  const isSame =
    MAY_BE_SIGNED_AGAIN.has(reason) && !revokesFormerToken
      ? isSameToken(granted.access_token, access_token)
      : granted.access_token === access_token;
  if (!isSame) return undefined;
  // The stored expiry was wrong: the endpoint still grants the token.
  if (granted.issued_at >= expires_at + SAME_TOKEN_GRACE_SECONDS) return undefined;
  return { ...granted, issued_at, expires_at: Math.min(expires_at, granted.expires_at) };
}

/**
 * Whether the endpoint may have granted the token before, to somebody else or from another cache: it cannot last until the next
 * check, although the stored one could.
 */
export function isPartlyUsed(granted: StoredToken, stored: Stored, policy: RefreshPolicy): boolean {
  return (
    stored.state === 'token' &&
    canBeKeptAlive(lifetimeOf(stored.token), policy) &&
    !canBeKeptAlive(lifetimeOf(granted), policy)
  );
}

function lifetimeOf({ issued_at, expires_at }: StoredToken): number {
  return expires_at - issued_at;
}

/** Whether two tokens are the same, or end at the same time because they are the same JWT with another signature or `jti`. */
export function isSameToken(one: string, other: string): boolean {
  if (one === other) return true;
  const { expiresAt } = jwtValidity(one);
  return expiresAt !== undefined && expiresAt === jwtValidity(other).expiresAt;
}
