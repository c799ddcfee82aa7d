import { type Clock, unixSeconds } from '../shared/clock.ts';
import { RefreshError } from '../shared/refresh-error.ts';
import { dueAt } from '../shared/refresh-margin.ts';
import type { StoredToken } from '../shared/stored-token.ts';
import { SCHEDULE_PRECISION_SECONDS } from '../shared/time-budget.ts';
import { backoffDelay } from './backoff.ts';
import type { Configuration } from './configuration.ts';
import { CLOCK_REMEDY, type Grant, readGrant, unusable } from './grant.ts';
import { grantedScope } from './granted-scope.ts';
import type { ClientCredentials } from './parse-credentials.ts';
import { requestTimeLimit } from './request-time.ts';
import { requestToken } from './token-request.ts';

/** Milliseconds. A request with less time than this is not sent, because the token could be lost. */
const LEAST_REQUEST_TIME_MS = 500;

/**
 * Longest wait for a token that is not valid yet, in milliseconds. The clocks of a cluster differ by seconds. A longer difference
 * is a fault.
 */
const LONGEST_WAIT_FOR_VALIDITY_MS = 30_000;

/** What minting notes about a run. */
export interface MintObservations {
  /** Requests to the token endpoint. */
  attempts: number;
  /** Whether the token is valid for more than 30 days. */
  isLifetimeBounded: boolean;
  /** Unix time in milliseconds from which the token is valid, if that is later than the end of the run. */
  notBefore?: number;
}

export interface MintTools {
  readonly clock: Clock;
  readonly fetch: typeof globalThis.fetch;
  /** From 0 to 1, for the jitter. */
  readonly random: () => number;
  /** Unix time in milliseconds by which minting must end. The rest of the run is for storing the token. */
  readonly deadline: number;
  /** Most requests with the same credentials. */
  readonly mostRequests: number;
  readonly observations: MintObservations;
  /** Unix time in seconds until which APIs should accept the stored token after a grant. Undefined if they do not. */
  readonly storedUntil?: number | undefined;
}

/**
 * Requests a token until the endpoint grants one or refuses for good, or until the attempts or the time run out.
 * @throws RefreshError `CLIENT_REJECTED`, `REQUEST_REJECTED`, `RATE_LIMITED`, `ENDPOINT_UNAVAILABLE`, `RESPONSE_INVALID`
 */
export async function mint(
  configuration: Configuration,
  credentials: ClientCredentials,
  source: string,
  tools: MintTools,
): Promise<StoredToken> {
  const { clock, deadline, mostRequests, random, observations } = tools;
  const { tokenUrl } = configuration;
  let failure: RefreshError | undefined;
  let hasTimedOut = false;
  for (let attempt = 1; ; attempt += 1) {
    const sentAt = clock.now();
    const timeout = requestTimeLimit(deadline - sentAt, { hasTimedOut });
    // If a sleep took too long, the endpoint's last answer is the better explanation.
    if (timeout < LEAST_REQUEST_TIME_MS) throw failure ?? noTimeLeft(tokenUrl);
    observations.attempts += 1;
    const answer = await requestToken(configuration, credentials, { ...tools, timeout });
    const answeredAt = clock.now();
    try {
      const grant = readGrant(answer, configuration, { sentAt, answeredAt });
      await untilValid(grant, sentAt, configuration, tools);
      observations.isLifetimeBounded = grant.isLifetimeBounded;
      return tokenFrom(grant, unixSeconds(sentAt), configuration, source);
    } catch (error) {
      if (!(error instanceof RefreshError) || !error.retryable) throw error;
      failure = error;
      const { notBefore, resetAt, reason } = error.details;
      hasTimedOut = reason === 'TIMEOUT';
      const delay = backoffDelay(attempt, (notBefore ?? resetAt ?? 0) - answeredAt, random);
      if (attempt >= mostRequests || answeredAt + delay + LEAST_REQUEST_TIME_MS > deadline) throw failure;
      await clock.sleep(delay);
    }
  }
}

/**
 * Waits until the token is valid. Before that, APIs would reject it. If the wait would be too long, the endpoint's clock is
 * probably ahead, and APIs that share this clock accept the token now. So it is stored if readers would otherwise have none.
 * @throws RefreshError `RESPONSE_INVALID` if the wait would be too long and the stored token is good until the next check
 */
async function untilValid(
  { validFrom = 0, lifetime }: Grant,
  sentAt: number,
  { tokenUrl, checkEvery }: Configuration,
  { clock, deadline, observations, storedUntil = 0 }: MintTools,
): Promise<void> {
  const now = clock.now();
  if (validFrom <= now) return;
  const latest = Math.min(now + LONGEST_WAIT_FOR_VALIDITY_MS, deadline, sentAt + lifetime * 1_000 - 1);
  if (validFrom <= latest) return clock.sleep(validFrom - now);
  const nextCheck = unixSeconds(now) + checkEvery + SCHEDULE_PRECISION_SECONDS;
  if (storedUntil > nextCheck)
    throw unusable(tokenUrl, 'its access_token is not valid yet, and its nbf is too far ahead', CLOCK_REMEDY);
  observations.notBefore = validFrom;
}

function tokenFrom(
  { accessToken, lifetime, scope: granted }: Grant,
  issuedAt: number,
  configuration: Configuration,
  source: string,
): StoredToken {
  const kept = grantedScope(granted, configuration.scope);
  const due = dueAt({ issued_at: issuedAt, expires_at: issuedAt + lifetime }, configuration);
  return {
    access_token: accessToken,
    token_type: 'Bearer',
    expires_at: issuedAt + lifetime,
    issued_at: issuedAt,
    ...(configuration.revokesFormerToken ? { refresh_at: Math.max(issuedAt, Math.floor(due)) } : {}),
    ...(kept === undefined ? {} : { scope: kept }),
    source,
  };
}

function noTimeLeft(tokenUrl: string): RefreshError {
  return new RefreshError(
    'ENDPOINT_UNAVAILABLE',
    `no request was sent to ${tokenUrl}, because calls to AWS took nearly all of the run's time. The next check tries again. ` +
      'If this lasts, look for slow or failing calls to Parameter Store and Secrets Manager.',
    { reason: 'NO_TIME_LEFT' },
  );
}
