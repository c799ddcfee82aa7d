import { CLOCK_DIFFERENCE_SECONDS, type StoredToken } from '../shared/stored-token.ts';

/** How many rejected tokens a reader remembers. A lagging replica of Parameter Store returns one of the latest. */
const MOST_REJECTED = 10;

export type HeldToken = ReturnType<typeof createHeldToken>;

/** The token in memory, and which tokens an API has rejected. */
export function createHeldToken(now: () => number) {
  let record: StoredToken | undefined;
  /** The latest first. */
  // Stryker disable next-line ArrayDeclaration: no token has another text
  let rejected: readonly string[] = [];

  const validityOf = (token: StoredToken): number => token.expires_at - now() / 1_000;
  const isRejected = () => record !== undefined && rejected.includes(record.access_token);
  /** A rejected token is better than an expired one: an API may reject a token by mistake. */
  const rank = (token: StoredToken): number => {
    if (validityOf(token) <= 0) return 0;
    return rejected.includes(token.access_token) ? 1 : 2;
  };
  const isBetter = (loaded: StoredToken): boolean => {
    if (record === undefined) return true;
    // Some authorization servers grant the same token again, with another expiry.
    if (loaded.access_token === record.access_token) {
      if (loaded.issued_at !== record.issued_at)
        // Stryker disable next-line EqualityOperator: they are not equal
        return loaded.issued_at > record.issued_at;
      return loaded.expires_at < record.expires_at;
    }
    if (rank(loaded) !== rank(record))
      // Stryker disable next-line EqualityOperator: they are not equal
      return rank(loaded) > rank(record);
    // A lagging replica of Parameter Store may still return a former token.
    const tolerance = rank(loaded) === 2 ? CLOCK_DIFFERENCE_SECONDS : 0;
    return loaded.issued_at >= record.issued_at - tolerance;
  };
  return {
    get record(): StoredToken | undefined {
      return record;
    },
    isRejected,
    /** Seconds of validity left, or minus infinity if there is no token. */
    validity: () => (record === undefined ? Number.NEGATIVE_INFINITY : validityOf(record)),
    /** The access token, if it is valid for more than the given seconds. */
    validForMoreThan: (seconds: number) =>
      record !== undefined && validityOf(record) > seconds ? record.access_token : undefined,
    /** Keeps a loaded token if it is better than the one in memory, and returns whether it is. */
    offer(loaded: StoredToken): boolean {
      if (!isBetter(loaded)) return false;
      record = loaded;
      return true;
    },
    /** Notes that an API rejected a token. Returns whether the one in memory was good until then. */
    reject(token: string): boolean {
      const wasRejected = isRejected();
      rejected = [token, ...rejected.filter((other) => other !== token)].slice(0, MOST_REJECTED);
      return isRejected() && !wasRejected;
    },
  };
}
