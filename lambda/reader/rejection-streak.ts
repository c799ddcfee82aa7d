import { LONGEST_SPACING_MS, spacing } from './load-waits.ts';
import type { Report } from './report-rejected.ts';
import type { Seams } from './seams.ts';
import { singleFlightByKey } from './single-flight.ts';
import type { TokenCache } from './token-cache.ts';

/** Milliseconds. The refresher keeps a token for a minute after it was minted, so an earlier report would be in vain. */
const FIRST_PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 3_600_000;
/** A token that is not rejected for this long, in milliseconds, has been accepted. */
const ACCEPTED_MS = 600_000;

export type RejectionStreak = ReturnType<typeof createRejectionStreak>;

/**
 * Rejections in a row. If an API rejects each token, new ones do not help: after the second, the pause between two
 * reports doubles, from one minute to one hour. A token that is not rejected for ten minutes ends the streak.
 */
export function createRejectionStreak({ now, random }: Seams) {
  /** Rejected tokens that were replaced, and reports of tokens that the refresher kept. */
  let count = 0;
  /** Unix time, milliseconds: the latest rejection, and the pause. */
  let rejectedAt = Number.NEGATIVE_INFINITY;
  let pausedUntil = Number.NEGATIVE_INFINITY;
  /** The latest look in vain for another token. It is not repeated between `from` and `until` (Unix time, milliseconds). */
  let fruitless: { token: string; count: number; from: number; until: number } | undefined;
  // If the clock was set back, the wait does not count.
  const mayLook = (token: string): boolean =>
    fruitless?.token !== token || now() < fruitless.from || now() >= fruitless.until;

  return {
    /** Whether to look for another token than the rejected one. If an API rejects every token, requests must not each load. */
    mayLook,
    /** Notes a look that found no other token. Looks at the same time count once. */
    lookedInVain(token: string): void {
      if (!mayLook(token)) return;
      const count = fruitless?.token === token ? fruitless.count + 1 : 0;
      const from = now();
      fruitless = { token, count, from, until: from + spacing(count, LONGEST_SPACING_MS, random) };
    },
    /** Notes that an API rejected the token in memory. */
    rejected(): void {
      const sinceLatest = now() - rejectedAt;
      rejectedAt = now();
      // If the clock was set back, the pause does not count.
      if (sinceLatest >= 0 && sinceLatest < ACCEPTED_MS) return;
      count = 0;
      pausedUntil = Number.NEGATIVE_INFINITY;
    },
    /** Whether a rejected token may be reported now. */
    mayReport: (): boolean => now() >= pausedUntil,
    /** Counts a rejected token that was replaced, or that the refresher keeps. */
    count(): void {
      // The jitter only adds to the pause: a report before the refresher's own pause ends would be in vain.
      const pause = FIRST_PAUSE_MS * 2 ** (count - 1) * (1 + random() / 2);
      if (count > 0) pausedUntil = now() + Math.min(LONGEST_PAUSE_MS, pause);
      count += 1;
    },
  };
}

/** Counts each answered report of the token in memory once, however many callers share it. */
export function countReports(report: Report, cache: TokenCache, streak: RejectionStreak): Report {
  return singleFlightByKey(async (token) => {
    const isCurrent = cache.otherThan(token) === undefined;
    const reported = await report(token);
    if (isCurrent && reported.type === 'answered') streak.count();
    return reported;
  });
}
