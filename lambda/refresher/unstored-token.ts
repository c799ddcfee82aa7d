import type { MintReason } from '../shared/refresh-result.ts';
import type { StoredToken } from '../shared/stored-token.ts';
import { type DecisionInput, isDue } from './decide.ts';

export interface Minted {
  readonly token: StoredToken;
  /** Why it was minted. */
  readonly reason: MintReason;
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

/** Returns the unstored token if it is still worth storing, and otherwise forgets it. */
export function unstoredToken(
  memory: UnstoredMemory,
  input: Pick<DecisionInput, 'stored' | 'source' | 'now' | 'policy'>,
): UnstoredToken | undefined {
  if (memory.unstored !== undefined && !isWorthStoring(memory.unstored, input)) delete memory.unstored;
  return memory.unstored;
}

function isWorthStoring(
  { token, replaces }: UnstoredToken,
  { stored, source, now, policy }: Pick<DecisionInput, 'stored' | 'source' | 'now' | 'policy'>,
): boolean {
  if (token.source !== source || isDue(token, now, policy)) return false;
  // With another version stored, either the write succeeded and its answer was lost, or another run has stored a later token.
  return stored.state !== 'token' || stored.version === replaces;
}
