import { RefreshError, type RefreshErrorCode } from '../shared/refresh-error.ts';
import type { RefreshResult } from '../shared/refresh-result.ts';
import { RUN_TIMEOUT_SECONDS, STORE_RESERVE_SECONDS } from '../shared/time-budget.ts';
import { MOST_REQUESTS } from './backoff.ts';
import type { Configuration } from './configuration.ts';
import { type RefreshTools, type RunObservations, refresh } from './refresh.ts';
import { SAME_TOKEN_GRACE_SECONDS } from './same-token.ts';

/** Seconds before expiry. Camunda grants the next token 30 seconds before, and clocks differ a little. */
const EARLY_SECONDS = 25;

/**
 * Seconds after expiry. The endpoint counted the lifetime from up to a second after the refresher did, or later if it was
 * slow. The last request decides: if it gets the same token, that token lives longer than the record says.
 */
const LATE_SECONDS = [1, 2, 3, 5, 7, SAME_TOKEN_GRACE_SECONDS] as const;

/** Failures that may pass within a second. A shrinking `expires_in` reaches zero, which no grant may have. */
const PASSING: ReadonlySet<RefreshErrorCode> = new Set<RefreshErrorCode>([
  'RESPONSE_INVALID',
  'STORE_UNAVAILABLE',
  'CREDENTIALS_UNAVAILABLE',
]);

/**
 * Waits until the held token ends, and checks until another one is stored. Each check reads the record and the secret's
 * versions again, because both may change during the wait. Of several held runs, only one sends a request at a time.
 * @throws RefreshError as `refresh` does, if the endpoint grants no other token in time
 */
export async function holdOpen(
  held: RefreshResult,
  configuration: Configuration,
  tools: Omit<RefreshTools, 'deadline' | 'mostRequests'>,
): Promise<RefreshResult> {
  const { clock, observations } = tools;
  const until = held.expires_at;
  const latest = until + RUN_TIMEOUT_SECONDS - STORE_RESERVE_SECONDS;
  const event = { type: 'held', version: held.parameter_version } as const;
  let result = held;
  let failure: RefreshError | undefined;
  for (const offset of [-EARLY_SECONDS, ...LATE_SECONDS]) {
    const wait = (until + offset) * 1_000 - clock.now();
    // A slow answer may take longer than the time to the next instant.
    if (wait < 0 && offset < SAME_TOKEN_GRACE_SECONDS) continue;
    await clock.sleep(Math.max(0, wait));
    // An early request that hangs must not delay the one at the end.
    // Stryker disable next-line EqualityOperator: no offset is 0
    const [deadline, mostRequests] = offset < 0 ? [until * 1_000, 1] : [latest * 1_000, MOST_REQUESTS];
    delete observations.reused;
    failure = undefined;
    try {
      result = await refresh(event, configuration, { ...tools, deadline, mostRequests });
      if (!isStillHeld(result, observations)) return result;
    } catch (error) {
      if (!(error instanceof RefreshError)) throw error;
      failure = error;
      // Stryker disable next-line EqualityOperator: no offset is 0
      if (offset > 0 && !PASSING.has(error.code)) break;
    }
  }
  if (failure !== undefined) throw failure;
  return result;
}

/** Whether the held token is still stored. Another node may have granted one that ends sooner. */
function isStillHeld({ reason }: RefreshResult, { reused }: RunObservations): boolean {
  return reused === 'stored' || reason === 'same-token' || reason === 'being-replaced';
}
