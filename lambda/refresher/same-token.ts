import type { MintReason } from '../shared/refresh-result.ts';
import type { Stored, StoredToken } from '../shared/stored-token.ts';
import { jwtExpiry } from './jwt-expiry.ts';

/**
 * Seconds after the stored expiry in which the same token, granted again, is not yet believed to live longer: the endpoint
 * counted its lifetime from a later moment than the refresher did.
 */
export const SAME_TOKEN_GRACE_SECONDS = 10;

/** A new signature or `jti` is no new token if the token ends at the same time. A rejected or forced token is another matter. */
const KEEPS_EQUAL_EXPIRY: ReadonlySet<MintReason> = new Set<MintReason>(['expiring', 'source-changed']);

/**
 * The granted token as the record should describe it, if the endpoint granted the stored token again: issued when the stored
 * one was, and ending at the earlier of the two expiries. A constant `expires_in` says too much about a token that is partly
 * used; a shrinking one says the truth. Undefined if the token is new.
 */
export function grantedAgain(
  granted: StoredToken,
  stored: Stored,
  reason: MintReason,
): StoredToken | undefined {
  if (stored.state !== 'token' || !isSame(granted, stored.token, reason)) return undefined;
  const { issued_at, expires_at } = stored.token;
  // The stored expiry was wrong: the endpoint still grants the token.
  if (granted.issued_at >= expires_at + SAME_TOKEN_GRACE_SECONDS) return undefined;
  return { ...granted, issued_at, expires_at: Math.min(expires_at, granted.expires_at) };
}

function isSame(granted: StoredToken, stored: StoredToken, reason: MintReason): boolean {
  if (granted.access_token === stored.access_token) return true;
  if (!KEEPS_EQUAL_EXPIRY.has(reason)) return false;
  const expiry = jwtExpiry(granted.access_token);
  return expiry !== undefined && expiry === jwtExpiry(stored.access_token);
}
