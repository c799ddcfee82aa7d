import type { StoredToken } from '../shared/stored-token.ts';
import type { HeldToken } from './held-token.ts';
import { LONGEST_SPACING_MS, spacing } from './load-waits.ts';
import { createRetryPace, type Transient } from './retry-pace.ts';
import type { Seams } from './seams.ts';
import { createSuccession, lookForSuccessorAt } from './succession.ts';
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

/** A token that is overdue is revoked soon. Its readers look again after 4 to 8 seconds, then after twice as long. */
const LEAST_FRUITLESS_IF_OVERDUE = 3;

/** What a load brought: a better token than the one in memory, the same or none, or a failure that may pass. */
export type Outcome = 'better' | 'same' | Transient;

export type ReloadSchedule = ReturnType<typeof createReloadSchedule>;

/** Decides when to load the parameter. `usual` is what reads without options need. Calls `onPlanned` after each plan. */
export function createReloadSchedule(
  held: HeldToken,
  usual: ValidityNeeded,
  onPlanned: () => void,
  seams: Seams,
) {
  const { now, random } = seams;
  const pace = createRetryPace(seams);
  const succession = createSuccession(held, now);
  /** Loads in a row that brought no better token. */
  let fruitless = 0;
  /** Unix time in milliseconds: the start of the latest load, the earliest next load, the look for the new token. */
  let startedAt = Number.NEGATIVE_INFINITY;
  let notBefore = Number.NEGATIVE_INFINITY;
  let lookAt = Number.NEGATIVE_INFINITY;

  const isServed = () => held.validity() > usual.required;
  const count = (outcome: Outcome): number => {
    if (outcome === 'better') return 0;
    // Without a token to serve, the pace alone decides when to try again.
    return (outcome === 'throttled' || outcome === 'failing') && !isServed() ? fruitless : fruitless + 1;
  };
  /** Whether the token in memory was good enough at the latest load and no longer is. Such a read loads at once. */
  const endedSinceLoad = (required: number): boolean =>
    held.record !== undefined &&
    held.validity() <= required &&
    startedAt < (held.record.expires_at - required) * 1_000;
  /** Unix time, milliseconds. */
  const nextLoadAt = (required: number) =>
    // Stryker disable next-line EqualityOperator: at the edge, the load has just begun, or the validity has ended since it
    pace.isFailing && held.validity() <= required ? pace.nextAt : notBefore;
  return {
    pace,
    succession,
    get fruitless(): number {
      return fruitless;
    },
    /** Unix time, milliseconds. Until then, a good token in memory needs no reload. */
    nextLookAt: () => Math.min(Math.max(lookAt, notBefore), succession.suspectFrom()),
    /** Unix time, milliseconds: the planned look for the new token. */
    plannedLookAt: () => lookAt,
    /** Whether to look for a new token while the one in memory is still good. */
    isLookDue(required: number): boolean {
      return now() >= lookAt && this.mayLoad(required) && !pace.isPaused();
    },
    /** Whether a read that requires `required` seconds of validity may load now. */
    mayLoad: (required: number): boolean =>
      // If the clock was set back, earlier plans do not count.
      now() >= nextLoadAt(required) || now() < startedAt || endedSinceLoad(required),
    /** Plans the next load. If the load brought a better token, it must already be in memory. */
    plan(outcome: Outcome, loadStartedAt: number): void {
      // If the clock was set back during the load, waits count from now, not from a start in the future.
      startedAt = Math.min(loadStartedAt, now());
      if (outcome === 'throttled' || outcome === 'failing') pace.failed(outcome, startedAt);
      else pace.answered();
      if (outcome !== 'throttled') succession.looked(startedAt);
      if (outcome === 'better') lookAt = lookTime(held.record as StoredToken, usual.required, random);
      fruitless = Math.max(count(outcome), succession.isOverdue() ? LEAST_FRUITLESS_IF_OVERDUE : 0);
      const served = isServed() && !succession.isOverdue() ? held.record : undefined;
      notBefore = now() + spacing(fruitless, longestSpacing(served), random);
      onPlanned();
    },
    /** Forgets the fruitless loads, which say nothing about a fault that has just begun. */
    forgetFruitless(): void {
      fruitless = 0;
    },
  };
}

/** Unix time in milliseconds at which a reader looks for the new token. */
function lookTime(token: StoredToken, required: number, random: () => number): number {
  if (token.refresh_at !== undefined) return lookForSuccessorAt(token.refresh_at, random);
  return (token.expires_at - lookMargin(token, required, random)) * 1_000;
}

/** Seconds before expiry at which a reader looks for the new token. Random, once for each token. */
function lookMargin(token: StoredToken, required: number, random: () => number): number {
  const span = spanOf(token);
  const last = Math.max(LAST_LOOK * span, required);
  // A reader that requires much validity must look before its reads would wait, but not all readers at once.
  const first = Math.max(FIRST_LOOK * span, last + LAST_LOOK * span);
  return last + random() * (first - last);
}

/** Milliseconds. `served` is the token that is served meanwhile, if any, unless the next one may have revoked it. */
function longestSpacing(served: StoredToken | undefined): number {
  const scale = served === undefined ? 0 : spanOf(served) / HOUR_SECONDS;
  return Math.max(LONGEST_SPACING_MS * scale, SHORT_SPACING_MS);
}

/** Seconds: the lifetime, or its last hour. */
function spanOf(token: StoredToken): number {
  return Math.min(HOUR_SECONDS, token.expires_at - token.issued_at);
}
