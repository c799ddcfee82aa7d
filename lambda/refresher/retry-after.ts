/** Longest accepted `Retry-After`, in milliseconds (a day). A mistaken header must not block a container for good. */
const MAX_RETRY_AFTER_MS = 86_400_000;

/**
 * Milliseconds that a `Retry-After` header asks to wait (RFC 9110 section 10.2.3: seconds or an HTTP date), or undefined if
 * the header is missing or unreadable. `now` is Unix time in milliseconds.
 */
export function parseRetryAfter(header: string | null, now: number): number | undefined {
  const value = header?.trim();
  if (value === undefined || value === '') return undefined;
  if (/^\d+$/.test(value)) return Math.min(Number(value) * 1_000, MAX_RETRY_AFTER_MS);
  // All three forms of an HTTP date start with a weekday. Date.parse alone would read "-5" as a year.
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(value)) return undefined;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.min(Math.max(0, date - now), MAX_RETRY_AFTER_MS);
}
