import type { MintReason } from '../shared/refresh-result.ts';
import type { StoredToken } from '../shared/stored-token.ts';
import { type DecisionInput, isDue } from './decide.ts';

/** A token that was minted but could not be stored. */
export interface UnstoredToken {
  readonly token: StoredToken;
  /** Why it was minted. */
  readonly reason: MintReason;
}

/** A warm container remembers the token. Its next run stores it instead of minting again. */
export interface UnstoredMemory {
  unstored?: UnstoredToken;
}

/** Forgets the unstored token, and returns it if it is still worth storing. */
export function takeUnstoredToken(
  memory: UnstoredMemory,
  { stored, source, now, policy }: Pick<DecisionInput, 'stored' | 'source' | 'now' | 'policy'>,
): UnstoredToken | undefined {
  const { unstored } = memory;
  delete memory.unstored;
  if (unstored === undefined || unstored.token.source !== source) return undefined;
  const { token } = unstored;
  if (isDue(token, now, policy)) return undefined;
  if (stored.state !== 'token') return unstored;
  // The write succeeded, but its answer was lost.
  if (stored.token.access_token === token.access_token) return undefined;
  // Another container has stored a later token.
  return stored.token.issued_at > token.issued_at ? undefined : unstored;
}
