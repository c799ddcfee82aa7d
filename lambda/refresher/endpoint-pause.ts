import { RefreshError } from '../shared/refresh-error.ts';
import type { RefreshPolicy } from '../shared/refresh-margin.ts';
import { SCHEDULE_PRECISION_SECONDS } from '../shared/time-budget.ts';
import type { MintFailure } from './claim-record.ts';
import { remedyIfItLasts } from './endpoint-failure.ts';
import type { RefreshEvent } from './event.ts';

/** Seconds from a failure that may pass to the next request for a report. */
const REPORTS_PAUSE = 60;

/** Checks in the last minutes of a token that send a request although the endpoint asked to wait for longer. */
const LAST_CHECKS = 2;

/**
 * What later runs must know about a failure to mint. A pause that the endpoint asked for after an earlier failure (`before`) goes
 * on. `now` is Unix time in seconds.
 */
export function rememberFailure(
  { code, retryable, details }: RefreshError,
  before: MintFailure | undefined,
  { source, now, checkEvery }: Pick<PauseInput, 'source' | 'now'> & Pick<RefreshPolicy, 'checkEvery'>,
): MintFailure {
  const pause = retryable ? REPORTS_PAUSE : checkEvery + SCHEDULE_PRECISION_SECONDS;
  const asked = Math.ceil((details.notBefore ?? 0) / 1_000);
  const askedBefore = before?.source === source ? (before.checks_from ?? 0) : 0;
  const checksFrom = Math.max(asked, askedBefore);
  return {
    code,
    source,
    reports_from: now + pause,
    ...(checksFrom > now ? { checks_from: checksFrom } : {}),
  };
}

export interface PauseInput {
  readonly event: RefreshEvent;
  /** Fingerprint of the current settings and secret version. */
  readonly source: string;
  /** Unix time in seconds. */
  readonly now: number;
  /** Unix time in seconds at which the stored token expires; 0 if there is none. */
  readonly expiresAt: number;
  readonly configuration: RefreshPolicy & { readonly tokenUrl: string };
}

/**
 * How many requests a run may send after the latest failure: as usual, or one if the token would expire during the pause that
 * the endpoint asked for. Forced runs, and runs with other settings or credentials, do not pause.
 * @throws RefreshError with the failure's code, if the run may send none
 */
export function requestsAfter(failure: MintFailure | undefined, input: PauseInput): 'usual' | 'one' {
  const { event, source, now, expiresAt } = input;
  const { tokenUrl } = input.configuration;
  if (failure === undefined || failure.source !== source || event.type === 'force') return 'usual';
  const { code, reports_from, checks_from = 0 } = failure;
  if (event.type === 'rejected' && now < reports_from) throw tooSoonForReport(failure, tokenUrl);
  if (now >= checks_from) return 'usual';
  if (event.type !== 'rejected' && expiresAt < checks_from && isInLastChecks(input)) return 'one';
  throw new RefreshError(
    code,
    `no request was sent to ${tokenUrl}, which asked not to be called before ${instant(checks_from)}. ` +
      `The first check after that tries again. ${remedyIfItLasts(code)}`,
    { notBefore: checks_from * 1_000 },
  );
}

function isInLastChecks({ expiresAt, now, configuration }: PauseInput): boolean {
  return expiresAt - now <= LAST_CHECKS * (configuration.checkEvery + SCHEDULE_PRECISION_SECONDS);
}

function tooSoonForReport({ code, reports_from }: MintFailure, tokenUrl: string): RefreshError {
  return new RefreshError(
    code,
    `no request was sent to ${tokenUrl} for a rejected token, because the latest request failed with ${code}. ` +
      `Reports send requests again from ${instant(reports_from)}. See the log of the failed run.`,
    { reason: 'FAILED_BEFORE' },
  );
}

function instant(seconds: number): string {
  return new Date(seconds * 1_000).toISOString();
}
