import type { RejectionStreak } from './claim-record.ts';

/** The pause after the first rejection, and the longest one, in seconds. */
const FIRST_PAUSE = 60;
const LONGEST_PAUSE = 3_600;

/**
 * Whether the latest rejected token was replaced too recently. Each rejection in a row doubles the pause, because an API that
 * rejects every token must not cause a mint a minute. `now` is Unix time in seconds.
 */
export function isTooSoon(streak: RejectionStreak | undefined, now: number): boolean {
  return streak !== undefined && now < streak.at + pauseAfter(streak);
}

/** The streak with one more rejected token. It starts anew if the former token was accepted for as long as the pause. */
export function nextRejection(streak: RejectionStreak | undefined, now: number): RejectionStreak {
  const goesOn = streak !== undefined && now < streak.at + 2 * pauseAfter(streak);
  return { count: goesOn ? streak.count + 1 : 1, at: now };
}

function pauseAfter({ count }: RejectionStreak): number {
  return Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (count - 1));
}
