import { atMost } from './at-most.ts';
import type { Reported } from './report-rejected.ts';
import { singleFlightByKey } from './single-flight.ts';
import { LONGEST_SPACING_MS, retryDelay, spacing } from './timing.ts';
import type { TokenCache } from './token-cache.ts';
import { TokenUnavailableError } from './token-unavailable-error.ts';

export interface ReplacementTools {
  readonly cache: TokenCache;
  /** Reports a token to the refresher; undefined where this container does not know it. */
  readonly report: ((token: string) => Promise<Reported>) | undefined;
  /** Longest time that a search takes, in milliseconds. */
  readonly timeout: number;
  readonly now: () => number;
  readonly random: () => number;
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
}

/**
 * What finds another token for one that an API has refused, or undefined where none comes in time. All calls with the
 * same token share one search. One that found nothing is not repeated at once, so that an API that refuses every
 * token does not cause a load and a report each time.
 */
export function createReplacementSearch(
  tools: ReplacementTools,
): (refused: string) => Promise<string | undefined> {
  const { cache, now, random } = tools;
  let vain:
    | { readonly token: string; readonly count: number; readonly from: number; readonly until: number }
    | undefined;

  const searchOnce = singleFlightByKey(async (refused) => {
    if (vain?.token === refused && now() >= vain.from && now() < vain.until) return undefined;
    const found = await atMost(search(refused, tools), tools.timeout, tools.sleep);
    const count = vain?.token === refused ? vain.count + 1 : 0;
    const from = now();
    vain =
      found === undefined
        ? { token: refused, count, from, until: from + spacing(count, LONGEST_SPACING_MS, random) }
        : undefined;
    return found;
  });
  return async (refused) => {
    cache.reject(refused);
    return cache.otherThan(refused) ?? (await searchOnce(refused));
  };
}

/**
 * Reads the parameter until it holds another token. The refused one is reported once a read has shown that it still
 * stands there: somebody else's report or a rotation may have replaced it, and of a thousand containers whose token
 * was revoked, Parameter Store lets 40 a second get as far as that, so that few of them call the refresher at all.
 */
async function search(refused: string, tools: ReplacementTools): Promise<string | undefined> {
  const { cache, report, timeout, now, random, sleep } = tools;
  const endsAt = now() + timeout;
  let reported: Reported | undefined;
  for (let attempt = 1; ; ) {
    const loaded = await cache.load();
    const found = cache.otherThan(refused);
    if (found !== undefined || reported?.replacement === 'none') return found;
    const wasRead = loaded.type === 'token' || loaded.passing === undefined;
    if (wasRead && reported === undefined) {
      if (report === undefined) return undefined;
      reported = await report(refused);
      // The caller gets the API's 401; that nobody was told of it, and why, would otherwise go unseen.
      if (reported.type === 'failed') process.emitWarning(new TokenUnavailableError(reported.failure));
      continue;
    }
    const delay = retryDelay(attempt, random);
    if (now() + delay >= endsAt) return undefined;
    attempt += 1;
    await sleep(delay);
  }
}
