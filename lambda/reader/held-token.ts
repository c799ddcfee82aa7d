import type { StoredToken } from '../shared/stored-token.ts';

export type HeldToken = ReturnType<typeof createHeldToken>;

/** The token in memory, and which token an API has rejected. */
export function createHeldToken(now: () => number) {
  let record: StoredToken | undefined;
  let rejected: string | undefined;

  const validityOf = (token: StoredToken): number => token.expires_at - now() / 1_000;
  const isRejected = () => record !== undefined && record.access_token === rejected;
  const isBetter = (loaded: StoredToken): boolean => {
    if (record === undefined) return true;
    // Some authorization servers grant the same token again, with another expiry.
    if (loaded.access_token === record.access_token) return loaded.issued_at > record.issued_at;
    // A lagging replica of Parameter Store may still return the rejected token.
    if (loaded.access_token === rejected) return false;
    return validityOf(loaded) > 0 || validityOf(record) <= 0;
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
    /** Notes that an API rejected a token. Returns false if that changes nothing. */
    reject(token: string): boolean {
      // A late 401 for a former token must not clear the rejection of the one in memory.
      if (token === rejected || (isRejected() && token !== record?.access_token)) return false;
      rejected = token;
      return true;
    },
  };
}
