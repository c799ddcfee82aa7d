import type { StoredToken } from '../shared/stored-token.ts';
import type { HeldToken } from './held-token.ts';

/**
 * Milliseconds after `refresh_at`. By the first, the refresher has nearly always stored the next token. Readers look at
 * random moments between the two: 160 containers then make 40 reads a second.
 */
const LOOK_AFTER_MS = { first: 2_000, last: 6_000 } as const;

/** Milliseconds for which a reader trusts a look that found an overdue token still stored. */
const PROOF_MS = 60_000;

/** When to look for the token that replaces the given one. Unix time in milliseconds, random, once for each token. */
export function lookForSuccessorAt(refreshAt: number, random: () => number): number {
  const { first, last } = LOOK_AFTER_MS;
  return refreshAt * 1_000 + first + random() * (last - first);
}

/** Tracks whether the next token may have revoked the one in memory. Only some records say when that happens. */
export function createSuccession(held: HeldToken, now: () => number) {
  /** Unix time, milliseconds: the start of the latest load, unless it was throttled. */
  let lookedAt = Number.NEGATIVE_INFINITY;
  const refreshAt = ({ refresh_at = Number.POSITIVE_INFINITY }: Partial<StoredToken> = {}) =>
    refresh_at * 1_000;
  /** Unix time, milliseconds. From then on, a read first looks whether another token is stored. */
  const suspectFrom = (): number => {
    const dueAt = refreshAt(held.record);
    return lookedAt >= dueAt + LOOK_AFTER_MS.first ? lookedAt + PROOF_MS : dueAt;
  };
  return {
    /** Notes a load that did not find another token, or failed: while Parameter Store fails, nothing is stored there. */
    looked(startedAt: number): void {
      lookedAt = startedAt;
    },
    suspectFrom,
    /** Whether a read first looks for another token. */
    isSuspect: (): boolean => now() >= suspectFrom(),
    /** Whether the refresher is late. */
    isOverdue: (): boolean => now() >= refreshAt(held.record),
  };
}
