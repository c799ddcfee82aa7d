import type { StoredToken } from '../shared/stored-token.ts';
import type { HeldToken } from './held-token.ts';
import { LONGEST_SPACING_MS, spacing } from './load-waits.ts';
import type { Seams } from './seams.ts';
import type { ValidityNeeded } from './validity-needed.ts';

/**
 * When a reader looks for the new token, as fractions of a token's last hour. By default, the refresher starts to replace
 * a one-hour token at least 24 minutes before expiry: 30 minutes, minus 5 between checks, minus 1 that a check may be late.
 * Each reader looks at a random moment between 24 and 6 minutes before expiry, so its first look finds the new token.
 * A thousand containers then make about one read a second; Parameter Store allows 40. A token with a lifetime of less
 * than an hour is replaced at half its lifetime, so these are fractions of the lifetime.
 * Source of the quota: https://docs.aws.amazon.com/general/latest/gr/ssm.html
 */
const FIRST_LOOK = 0.4;
const LAST_LOOK = 0.1;
const HOUR_SECONDS = 3600;

/**
 * The longest wait between loads, in milliseconds, if no token can be served or if tokens are short-lived. A thousand
 * containers then make 33 reads a second. With `LONGEST_SPACING_MS`, they make 15.
 */
const SHORT_SPACING_MS = 40_000;

export type ReloadSchedule = ReturnType<typeof createReloadSchedule>;

/** Decides when to load the parameter. `usual` is what reads without options need. Calls `onPlanned` after each plan. */
export function createReloadSchedule(
  held: HeldToken,
  usual: ValidityNeeded,
  onPlanned: () => void,
  { now, random }: Seams,
) {
  /** Loads in a row that brought no better token. */
  let fruitless = 0;
  /** Unix time in milliseconds: the end of the latest load, the earliest next load, the look for the new token. */
  let loadedAt = Number.NEGATIVE_INFINITY;
  let notBefore = Number.NEGATIVE_INFINITY;
  let lookAt = Number.NEGATIVE_INFINITY;

  const planAfter = (count: number): void => {
    fruitless = count;
    loadedAt = now();
    const served = held.validity() > usual.required ? held.record : undefined;
    notBefore = loadedAt + spacing(fruitless, longestSpacing(served), random);
    onPlanned();
  };
  /** Whether the token in memory was good enough at the latest load and no longer is. Such a read loads at once. */
  const endedSinceLoad = (required: number): boolean =>
    held.record !== undefined &&
    held.validity() <= required &&
    loadedAt < (held.record.expires_at - required) * 1_000;
  // If the clock was set back, earlier plans do not count.
  const mayLoad = (required: number) => now() >= notBefore || now() < loadedAt || endedSinceLoad(required);
  return {
    get fruitless(): number {
      return fruitless;
    },
    /** Unix time, milliseconds. Until then, a good token in memory needs no reload. */
    nextLookAt: () => Math.max(lookAt, notBefore),
    /** Whether to look for a new token while the one in memory is still good. */
    isLookDue: (required: number) => now() >= lookAt && mayLoad(required),
    /** Whether a read that requires `required` seconds of validity may load now. */
    mayLoad,
    /** Plans the next load. If the load brought a better token, it must already be in memory. */
    plan(wasBetter: boolean): void {
      if (wasBetter && held.record !== undefined)
        lookAt = (held.record.expires_at - lookMargin(held.record, usual.required, random)) * 1_000;
      planAfter(wasBetter ? 0 : fruitless + 1);
    },
    /** Plans the next load as if `count` loads in a row had been fruitless. */
    planAfter,
    /** Forgets the fruitless loads, which say nothing about a fault that has just begun. */
    forgetFruitless(): void {
      fruitless = 0;
    },
  };
}

/** Seconds before expiry at which a reader looks for the new token. Random, once for each token. */
function lookMargin(token: StoredToken, required: number, random: () => number): number {
  const span = spanOf(token);
  const last = Math.max(LAST_LOOK * span, required);
  // A reader that requires much validity must look before its reads would wait, but not all readers at once.
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
