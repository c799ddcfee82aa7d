import type { StoredToken } from '../shared/stored-token.ts';
import { LONGEST_SPACING_MS, spacing } from './backoff.ts';
import type { HeldToken } from './held-token.ts';
import type { Seams } from './seams.ts';

/**
 * When a reader looks for the new token, as parts of a token's last hour. By default, the refresher has replaced a
 * one-hour token when 24 minutes are left: 30 minutes, less one check of 5, less a minute of delay in the schedule.
 * Each reader looks at a random moment between 24 and 6 minutes before expiry, so its first look finds the new token.
 * A thousand containers make about one read a second this way; Parameter Store allows 40. A token that lives for less
 * than an hour is replaced at half its lifetime, so these are parts of its lifetime.
 * Source of the quota: https://docs.aws.amazon.com/general/latest/gr/ssm.html
 */
const FIRST_LOOK = 0.4;
const LAST_LOOK = 0.1;
const HOUR_SECONDS = 3600;

/**
 * The longest wait between loads, in milliseconds, if no token can be served or tokens live for minutes. A thousand
 * containers then make 33 reads a second; with `LONGEST_SPACING_MS`, they make 15.
 */
const SHORT_SPACING_MS = 40_000;

export type ReloadSchedule = ReturnType<typeof createReloadSchedule>;

/**
 * Decides when to load the parameter, for a reader that requires so many seconds of validity of every token. Calls
 * `onPlanned` after each plan.
 */
export function createReloadSchedule(
  held: HeldToken,
  required: number,
  onPlanned: () => void,
  { now, random }: Seams,
) {
  /** Loads in a row that brought no better token. */
  let fruitless = 0;
  /** Unix time in milliseconds: end of the latest load, earliest next load, look for the new token. */
  let loadedAt = Number.NEGATIVE_INFINITY;
  let notBefore = Number.NEGATIVE_INFINITY;
  let lookAt = Number.NEGATIVE_INFINITY;

  const planAfter = (count: number): void => {
    fruitless = count;
    loadedAt = now();
    const served = held.validity() > required ? held.record : undefined;
    notBefore = loadedAt + spacing(fruitless, longestSpacing(served), random);
    onPlanned();
  };
  /** Whether the token became useless to a caller after the latest load. Then past loads are no reason to fail. */
  const endedSinceLoad = (needed: number): boolean =>
    held.record !== undefined &&
    held.validity() <= needed &&
    loadedAt < (held.record.expires_at - needed) * 1_000;
  // If the clock was set back, the plans made before do not count.
  const mayLoad = (needed: number) => now() >= notBefore || now() < loadedAt || endedSinceLoad(needed);
  return {
    get fruitless(): number {
      return fruitless;
    },
    /** Unix time, milliseconds. Until then, a good token in memory needs no reload. */
    nextLookAt: () => Math.max(lookAt, notBefore),
    /** Whether to look for a new token while the one in memory is still good. */
    isLookDue: (needed: number) => now() >= lookAt && mayLoad(needed),
    /** Whether a caller that needs so many seconds of validity, and would not get them from memory, may load. */
    mayLoad,
    /** Plans the next load. If the latest one brought a better token, that is already held. */
    plan(wasBetter: boolean): void {
      if (wasBetter && held.record !== undefined)
        lookAt = (held.record.expires_at - lookMargin(held.record, required, random)) * 1_000;
      planAfter(wasBetter ? 0 : fruitless + 1);
    },
    /** Plans the next load as after so many fruitless ones. */
    planAfter,
    /** Forgets the fruitless loads, which say nothing about a fault that has just begun. */
    forgetFruitless(): void {
      fruitless = 0;
    },
  };
}

/** Seconds before expiry at which a reader looks for the new token, drawn for every token. */
function lookMargin(token: StoredToken, required: number, random: () => number): number {
  const span = spanOf(token);
  const last = Math.max(LAST_LOOK * span, required);
  // A reader that requires much validity looks before it would have to wait, but not all readers at once.
  const first = Math.max(FIRST_LOOK * span, last + LAST_LOOK * span);
  return last + random() * (first - last);
}

/** Milliseconds. `served` is the token that is served meanwhile, if any. */
function longestSpacing(served: StoredToken | undefined): number {
  const scale = served === undefined ? 0 : spanOf(served) / HOUR_SECONDS;
  return Math.max(LONGEST_SPACING_MS * scale, SHORT_SPACING_MS);
}

/** Seconds: the lifetime, or its last hour. */
function spanOf(token: StoredToken): number {
  return Math.min(HOUR_SECONDS, token.expires_at - token.issued_at);
}
