/** Longest accepted wait, in milliseconds (a day). A mistaken header must not block a container for good. */
const MAX_DELAY_MS = 86_400_000;

/** A larger number is a Unix time: some servers send the time of the reset instead of seconds. */
const LARGEST_DELAY_SECONDS = 1e9;

/** A larger number is a Unix time in milliseconds. */
const LARGEST_UNIX_SECONDS = 1e11;

/** Not the comma after the weekday of an HTTP date. */
const COMMA_BETWEEN_VALUES = /(?<!(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*),/;

/**
 * Milliseconds that a `Retry-After` header asks to wait (RFC 9110 section 10.2.3: seconds or an HTTP date), or undefined if
 * the header is missing or unreadable. `now` is Unix time in milliseconds. If a gateway has added a second one, the longest wait
 * counts.
 */
export function parseRetryAfter(header: string | null, now: number): number | undefined {
  // Stryker disable next-line StringLiteral: any text but a number or a date is unreadable
  const waits = (header ?? '').split(COMMA_BETWEEN_VALUES).map((value) => parseOne(value.trim(), now));
  const readable = waits.filter((wait) => wait !== undefined);
  return readable.length === 0 ? undefined : Math.max(...readable);
}

function parseOne(value: string, now: number): number | undefined {
  if (/^\d+$/.test(value)) return parseDelay(value, now);
  // All three forms of an HTTP date start with a weekday. Date.parse alone would read "-5" as a year.
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(value)) return undefined;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : until(date, now);
}

/** Milliseconds from `now` (Unix time in milliseconds), from a number of seconds or a Unix time. */
export function parseDelay(header: string | null, now: number): number | undefined {
  // Stryker disable next-line StringLiteral: any text but a number or a date is unreadable
  const value = header?.trim() ?? '';
  if (!/^\d+(\.\d+)?$/.test(value)) return undefined;
  const number = Number(value);
  if (number > LARGEST_UNIX_SECONDS) return until(number, now);
  if (number > LARGEST_DELAY_SECONDS) return until(number * 1_000, now);
  return Math.min(Math.ceil(number * 1_000), MAX_DELAY_MS);
}

function until(instant: number, now: number): number {
  return Math.min(Math.max(0, Math.ceil(instant - now)), MAX_DELAY_MS);
}
