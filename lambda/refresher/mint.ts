import { type Clock, unixSeconds } from '../shared/clock.ts';
import { RefreshError } from '../shared/refresh-error.ts';
import type { StoredToken } from '../shared/stored-token.ts';
import { backoffDelay, MAX_ATTEMPTS, parseRetryAfter } from './backoff.ts';
import type { Configuration } from './configuration.ts';
import type { ClientCredentials } from './credentials.ts';
import { presentableScope } from './granted-scope.ts';
import { REQUEST_TIMEOUT_MS, requestToken, type TokenAnswer } from './token-request.ts';
import { processTokenAnswer } from './token-response.ts';

/** A request that gets less time is not sent: a token that it granted would be lost. */
const LEAST_REQUEST_TIME_MS = 500;

export interface MintTools {
  readonly clock: Clock;
  readonly fetch: typeof globalThis.fetch;
  /** From 0 to 1, for the jitter. */
  readonly random: () => number;
  /** Unix time, milliseconds, by which minting has to end, so that there is time left to store the token. */
  readonly deadline: number;
  /** Told of each request to the token endpoint. */
  readonly onAttempt: () => void;
  /** Told where the token endpoint states a lifetime that is not believed. */
  readonly onLifetimeBounded: () => void;
}

/**
 * Asks the token endpoint until it grants a token, refuses for good, or the time is up.
 * @throws RefreshError `CLIENT_REJECTED`, `REQUEST_REJECTED`, `RATE_LIMITED`, `ENDPOINT_UNAVAILABLE`, `RESPONSE_INVALID`
 */
export async function mint(
  configuration: Configuration,
  credentials: ClientCredentials,
  source: string,
  tools: MintTools,
): Promise<StoredToken> {
  const { clock, deadline, random, onAttempt, onLifetimeBounded } = tools;
  let failure: RefreshError | undefined;
  for (let attempt = 1; ; attempt += 1) {
    const sentAt = clock.now();
    const timeout = Math.min(REQUEST_TIMEOUT_MS, deadline - sentAt);
    // A sleep may take longer than it was asked to. What the endpoint answered is the reason then, not the time.
    if (timeout < LEAST_REQUEST_TIME_MS) throw failure ?? noTimeLeft(configuration.tokenUrl);
    onAttempt();
    const answer = await requestToken(configuration, credentials, { ...tools, timeout });
    try {
      const grant = await processTokenAnswer(answer, configuration.tokenUrl);
      if (grant.isLifetimeBounded) onLifetimeBounded();
      const scope = presentableScope(grant.scope, [grant.accessToken, credentials.clientSecret]);
      const issuedAt = unixSeconds(sentAt);
      return {
        access_token: grant.accessToken,
        token_type: 'Bearer',
        expires_at: issuedAt + grant.lifetime,
        issued_at: issuedAt,
        ...(scope === undefined ? {} : { scope }),
        source,
      };
    } catch (error) {
      if (!(error instanceof RefreshError) || !error.retryable) throw error;
      const now = clock.now();
      const retryAfter = retryAfterOf(answer, now);
      const delay = backoffDelay(attempt, retryAfter, random);
      failure = withRetryAfter(error, now, retryAfter);
      if (attempt === MAX_ATTEMPTS || now + delay + LEAST_REQUEST_TIME_MS > deadline) throw failure;
      await clock.sleep(delay);
    }
  }
}

function noTimeLeft(tokenUrl: string): RefreshError {
  return new RefreshError(
    'ENDPOINT_UNAVAILABLE',
    `${tokenUrl} was not asked, as AWS had taken nearly all of the run's time. The next check tries again. ` +
      'If this lasts, look for slow or failing calls to Parameter Store and Secrets Manager.',
    { reason: 'NO_TIME_LEFT' },
  );
}

function retryAfterOf(answer: TokenAnswer, now: number): number | undefined {
  return answer.type === 'answer' ? parseRetryAfter(answer.headers.get('retry-after'), now) : undefined;
}

/** Carries the server's wish to the next run in the same container. */
function withRetryAfter(error: RefreshError, now: number, retryAfter: number | undefined): RefreshError {
  if (retryAfter === undefined) return error;
  const text = error.message.slice(error.code.length + 2);
  return new RefreshError(error.code, `${text} It asked to wait ${Math.ceil(retryAfter / 1_000)} seconds.`, {
    ...error.details,
    notBefore: now + retryAfter,
  });
}
