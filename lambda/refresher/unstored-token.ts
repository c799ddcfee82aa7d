import type { RefreshPolicy } from '../shared/refresh-margin.ts';
import type { MintReason } from '../shared/refresh-result.ts';
import { CLOCK_DIFFERENCE_SECONDS, type StoredToken, sha256 } from '../shared/stored-token.ts';
import type { Configuration } from './configuration.ts';
import { type DecisionInput, isDue } from './decide.ts';

export interface Minted {
  readonly token: StoredToken;
  /** Why it was minted. */
  readonly reason: MintReason;
  /** Fingerprint of the settings and the current secret version. The token's own may name the previous version. */
  readonly source: string;
}

/** A token that was minted but could not be stored. */
export interface UnstoredToken extends Minted {
  /** Version of the token parameter that it replaces. 0 if there was none. */
  readonly replaces: number;
}

/** A warm container remembers the token. Its next run stores it instead of minting again. */
export interface UnstoredMemory {
  unstored?: UnstoredToken;
}

interface UnstoredInput extends Pick<DecisionInput, 'event' | 'stored' | 'source' | 'now'> {
  readonly policy: RefreshPolicy & Pick<Configuration, 'revokesFormerToken'>;
}

/** After these mints, APIs may reject the tokens that were minted before. */
const REPLACE_LONGER: ReadonlySet<MintReason> = new Set<MintReason>(['forced', 'rejected', 'source-changed']);

/** Returns the unstored token if it is still worth storing, and otherwise forgets it. */
export function unstoredToken(memory: UnstoredMemory, input: UnstoredInput): UnstoredToken | undefined {
  if (memory.unstored !== undefined && !isWorthStoring(memory.unstored, input)) delete memory.unstored;
  return memory.unstored;
}

function isWorthStoring(
  { token, reason, source: mintedFor, replaces }: UnstoredToken,
  { event, stored, source, now, policy }: UnstoredInput,
): boolean {
  if (
    // Stryker disable next-line ConditionalExpression: no other event has a fingerprint
    event.type === 'rejected' &&
    event.fingerprint === sha256(token.access_token)
  )
    return false;
  if (mintedFor !== source || isDue(token, now, policy)) return false;
  if (stored.state !== 'token' || stored.version === replaces) return true;
  // The write may have succeeded although its answer was lost. Another run may have stored a later token, or an earlier one
  // that it could not store before.
  if (stored.token.access_token === token.access_token) return false;
  const isLater = stored.token.issued_at + CLOCK_DIFFERENCE_SECONDS < token.issued_at;
  const mayEndSooner = policy.revokesFormerToken || REPLACE_LONGER.has(reason);
  return isLater && (mayEndSooner || stored.token.expires_at < token.expires_at);
}
