import type { KeepReason, MintReason } from '../shared/refresh-result.ts';
import { type Stored, sha256 } from '../shared/stored-token.ts';
import type { ClaimRecord, FormerToken } from './claim-record.ts';

/** Seconds before its expiry in which a rejected token may have expired by the API's clock. */
const CLOCK_DIFFERENCE = 60;

/** These mints replace a token that the API accepts, unless the endpoint revokes it. */
const REPLACE_ACCEPTED: ReadonlySet<KeepReason | MintReason> = new Set<MintReason>(['expiring', 'forced']);

/** The token that is about to be replaced, if the API should still accept it afterwards. `reason` is that of the decision. */
export function formerToken(stored: Stored, reason: KeepReason | MintReason): FormerToken | undefined {
  if (stored.state !== 'token' || !REPLACE_ACCEPTED.has(reason)) return undefined;
  const { access_token, expires_at } = stored.token;
  return { token: sha256(access_token), expires_at };
}

/** Whether a report shows that the endpoint revoked the former token when it granted the stored one. `now` is in seconds. */
export function showsRevocation(
  fingerprint: string,
  claim: ClaimRecord | undefined,
  stored: Extract<Stored, { state: 'token' }>,
  now: number,
): boolean {
  if (claim?.former?.token !== fingerprint) return false;
  return stored.version > claim.replaces && now < claim.former.expires_at - CLOCK_DIFFERENCE;
}
