/** First wait, before jitter, in milliseconds. */
const BASE_MS = 1_000;
/** No computed wait is longer, in milliseconds. */
const CAP_MS = 20_000;
/** A server is not believed to ask for more than a day: a mistake there would silence a container for its life. */
const MAX_RETRY_AFTER_MS = 86_400_000;
/** Requests at most in one run, the first one included. */
export const MAX_ATTEMPTS = 6;

/**
 * Milliseconds to wait after the given attempt (1 for the first): exponential with full jitter, so that many
 * clients that failed together do not come back together. The server's own word, where there is one, counts more.
 */
export function backoffDelay(
  attempt: number,
  retryAfterMs: number | undefined,
  random: () => number,
): number {
  // Zero, or a date that a skewed clock puts into the past, says no more than that it may be tried again.
  if (retryAfterMs !== undefined && retryAfterMs > 0) return retryAfterMs;
  return random() * Math.min(CAP_MS, BASE_MS * 2 ** (attempt - 1));
}

/**
 * Milliseconds that a `Retry-After` header asks for (RFC 9110 section 10.2.3: seconds or an HTTP date), or
 * undefined where there is none or it cannot be read.
 */
export function parseRetryAfter(header: string | null, now: number): number | undefined {
  const value = header?.trim();
  if (value === undefined || value === '') return undefined;
  if (/^\d+$/.test(value)) return Math.min(Number(value) * 1_000, MAX_RETRY_AFTER_MS);
  // All three forms of an HTTP date begin with the name of a day; Date.parse alone would take "-5" for a year.
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(value)) return undefined;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.min(Math.max(0, date - now), MAX_RETRY_AFTER_MS);
}
