import type { StoredToken } from '../shared/stored-token.ts';

/**
 * Where in a token's last hour a reader looks for its replacement, as parts of that hour. With the default policy the
 * refresher has replaced a one-hour token by the time 24 minutes are left: 30 minutes, less one check of 5, less the
 * minute by which the schedule may be late. So a reader that looks at a random moment between 24 and 6 minutes finds
 * the new token at its first look; a thousand containers, spread over these 18 minutes, make about one read a second
 * of the 40 that Parameter Store allows; and 6 minutes are left for whoever does not reach it. A shorter-lived token is
 * replaced at half its lifetime, so there the parts are parts of the lifetime.
 * Source of the quota: https://docs.aws.amazon.com/general/latest/gr/ssm.html
 */
const FIRST_LOOK = 0.4;
const LAST_LOOK = 0.1;
const HOUR_SECONDS = 3600;

/** Seconds of validity at which a reader looks for the replacement, drawn anew for every token. */
export function lookMargin(token: StoredToken, minimumValidity: number, random: () => number): number {
  const span = spanOf(token);
  const last = Math.max(LAST_LOOK * span, minimumValidity);
  // A reader that asks for much validity looks before it would have to wait, but not all readers at once.
  const first = Math.max(FIRST_LOOK * span, last + LAST_LOOK * span);
  return last + random() * (first - last);
}

/** First wait between two loads that brought no new token, in milliseconds. */
const SPACING_BASE_MS = 1_000;
/**
 * The longest where a token lives for an hour or more, and where it lives for minutes, of which each counts, or where there
 * is none to serve and every read fails. They keep a fleet of a thousand, all looking for a token that does not come, at 15
 * and at 33 reads a second.
 */
export const LONGEST_SPACING_MS = 90_000;
const SHORT_SPACING_MS = 40_000;

/** The longest spacing in milliseconds. `token` is the one that is served meanwhile, if any. */
export function longestSpacing(token: StoredToken | undefined): number {
  const scale = token === undefined ? 0 : spanOf(token) / HOUR_SECONDS;
  return Math.max(LONGEST_SPACING_MS * scale, SHORT_SPACING_MS);
}

/** Milliseconds to the next load after so many that brought no new token: exponential, half of it jitter. */
export function spacing(fruitless: number, longest: number, random: () => number): number {
  const bound = Math.min(longest, SPACING_BASE_MS * 2 ** fruitless);
  return bound / 2 + (random() * bound) / 2;
}

/** How long a read that has no token to serve goes on trying while Parameter Store throttles, in milliseconds. */
export const THROTTLED_PATIENCE_MS = 60_000;
/** The same while it fails otherwise: then there is no telling whether waiting helps. */
export const FAILING_PATIENCE_MS = 10_000;

const RETRY_BASE_MS = 500;
/** A thousand cold containers at 40 reads a second take 25 seconds; with this bound the last is served within 45. */
const RETRY_CAP_MS = 5_000;

/** Milliseconds to the next attempt (1 for the first wait) of a caller that waits: exponential with full jitter. */
export function retryDelay(attempt: number, random: () => number): number {
  return random() * Math.min(RETRY_CAP_MS, RETRY_BASE_MS * 2 ** attempt);
}

/** Seconds: the part of the lifetime that a reader's timing goes by. */
function spanOf(token: StoredToken): number {
  return Math.min(HOUR_SECONDS, token.expires_at - token.issued_at);
}
