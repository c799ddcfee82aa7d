import { LONGEST_SPACING_MS, retryDelay, spacing } from './backoff.ts';
import type { Reported } from './report-rejected.ts';
import type { Seams } from './seams.ts';
import { settleWithin } from './settle-within.ts';
import { singleFlightByKey } from './single-flight.ts';
import type { TokenCache } from './token-cache.ts';
import { TokenUnavailableError } from './token-unavailable-error.ts';

export interface ReplacementTools {
  readonly cache: TokenCache;
  /** Reports a rejected token to the refresher; undefined if its function is not known. */
  readonly report: ((token: string) => Promise<Reported>) | undefined;
  /** Longest time for one search, in milliseconds. */
  readonly timeout: number;
  readonly seams: Seams;
}

/** A search that found nothing, and the time in Unix milliseconds during which it is not repeated. */
interface FruitlessSearch {
  readonly token: string;
  readonly count: number;
  readonly from: number;
  readonly until: number;
}

/**
 * Returns a function that finds another token for a rejected one, or undefined if none arrives in time. Concurrent
 * calls for the same token share one search. After a fruitless search it pauses, so that an API that rejects every
 * token does not cause a load and a report for each request.
 */
export function createReplacementSearch(
  tools: ReplacementTools,
): (rejected: string) => Promise<string | undefined> {
  const { cache, timeout, seams } = tools;
  const { now, random, sleep } = seams;
  let last: FruitlessSearch | undefined;

  const searchOnce = singleFlightByKey(async (rejected) => {
    if (last?.token === rejected && now() >= last.from && now() < last.until) return undefined;
    const found = await settleWithin(search(rejected, tools), timeout, sleep);
    const count = last?.token === rejected ? last.count + 1 : 0;
    const from = now();
    last =
      found === undefined
        ? { token: rejected, count, from, until: from + spacing(count, LONGEST_SPACING_MS, random) }
        : undefined;
    return found;
  });
  return async (rejected) => {
    cache.reject(rejected);
    return cache.otherThan(rejected) ?? (await searchOnce(rejected));
  };
}

/**
 * Loads the parameter until it holds another token. The rejected one is reported only after a load has shown that it
 * is still stored: another report or a rotation may have replaced it. If a thousand containers hold a revoked token,
 * Parameter Store answers 40 of them a second, so only few call the refresher.
 */
async function search(
  rejected: string,
  { cache, report, timeout, seams }: ReplacementTools,
): Promise<string | undefined> {
  const endsAt = seams.now() + timeout;
  let reported: Reported | undefined;
  for (let attempt = 1; ; ) {
    const loaded = await cache.load();
    const found = cache.otherThan(rejected);
    if (found !== undefined || reported?.replacement === 'none') return found;
    const isStillStored = loaded.type === 'token' || loaded.transient === undefined;
    if (isStillStored && reported === undefined) {
      if (report === undefined) return undefined;
      reported = await report(rejected);
      // The caller only gets the API's 401, so the failed report would go unnoticed.
      if (reported.type === 'failed') process.emitWarning(new TokenUnavailableError(reported.failure));
      continue;
    }
    const delay = retryDelay(attempt, seams.random);
    if (seams.now() + delay >= endsAt) return undefined;
    attempt += 1;
    await seams.sleep(delay);
  }
}
