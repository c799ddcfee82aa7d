/** Longest first wait, in milliseconds. */
const BASE_MS = 1_000;
/** Longest wait, in milliseconds. */
const CAP_MS = 20_000;
/** Most requests to the token endpoint with the same credentials, one after another. */
export const MOST_REQUESTS = 6;

/**
 * Milliseconds to wait after the given attempt (1 is the first). If the endpoint asks for a wait, that is the wait. 0 and less ask
 * for none. Otherwise it is exponential with full jitter: clients that failed together must not return together.
 */
export function backoffDelay(attempt: number, askedMs: number, random: () => number): number {
  if (askedMs > 0) return askedMs;
  return random() * Math.min(CAP_MS, BASE_MS * 2 ** (attempt - 1));
}
