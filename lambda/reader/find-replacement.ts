import { retryDelay } from './load-waits.ts';
import type { RejectionStreak } from './rejection-streak.ts';
import type { Report, Reported } from './report-rejected.ts';
import type { Seams } from './seams.ts';
import { settleWithin } from './settle-within.ts';
import { singleFlightByKey } from './single-flight.ts';
import { startTime } from './time-left.ts';
import type { TokenCache } from './token-cache.ts';
import { TokenUnavailableError } from './token-unavailable-error.ts';

/**
 * Returns a function that looks for another token than the rejected one. It returns undefined if it finds none within
 * `timeout` milliseconds. Even with a timeout of 0, it searches, for later calls. `report` is undefined if the refresher's
 * function is not known.
 */
export function createReplacementSearch(
  cache: TokenCache,
  report: Report | undefined,
  streak: RejectionStreak,
  timeout: number,
  { now, random, sleep }: Seams,
): (rejected: string) => Promise<string | undefined> {
  /**
   * Loads the parameter until it holds another token. Reports the rejected one only if a load shows that it is still
   * stored: another report or a rotation may have replaced it. If a thousand containers hold a revoked token,
   * Parameter Store answers 40 of them a second, so only a few call the refresher.
   */
  const search = async (rejected: string): Promise<string | undefined> => {
    const timeLeft = startTime(timeout, now);
    let reported: Reported | undefined;
    let delay = cache.untilRetry() ?? 0;
    if (delay > 0 && delay >= timeLeft()) return undefined;
    for (let attempt = 1; ; ) {
      // Stryker disable next-line ConditionalExpression,EqualityOperator: a wait of 0 milliseconds changes nothing
      if (delay > 0) await sleep(delay);
      const loaded = await cache.load();
      const found = cache.otherThan(rejected);
      // This container reported nothing, so another one's report or a rotation has replaced the token.
      if (found !== undefined && reported?.type !== 'answered') streak.count();
      if (found !== undefined || reported?.replacement === 'none') return found;
      // Stryker disable next-line ConditionalExpression,StringLiteral: only a failure has the field `transient`
      const isStillStored = loaded.type === 'token' || loaded.transient === undefined;
      if (isStillStored && reported === undefined) {
        if (report === undefined || !streak.mayReport()) return undefined;
        reported = await report(rejected);
        // The caller only gets the API's 401, so a failed report would go unnoticed.
        if (reported.type === 'failed') process.emitWarning(new TokenUnavailableError(reported.failure));
        delay = 0;
        continue;
      }
      delay = cache.untilRetry() ?? retryDelay(attempt, random);
      if (delay >= timeLeft()) return undefined;
      attempt += 1;
    }
  };
  const searchOnce = singleFlightByKey(async (token) => {
    streak.rejected();
    if (!streak.mayLook(token)) return undefined;
    const found = await settleWithin(search(token), timeout, sleep);
    // Stryker disable next-line ConditionalExpression: a search that found another token is not repeated
    if (found === undefined) streak.lookedInVain(token);
    return found;
  });
  return async (rejected) => {
    cache.reject(rejected);
    return cache.otherThan(rejected) ?? (await searchOnce(rejected));
  };
}
