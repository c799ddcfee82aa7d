import { MOST_REQUESTS } from '../../lambda/refresher/backoff.ts';
import type { Configuration } from '../../lambda/refresher/configuration.ts';
import { mint } from '../../lambda/refresher/mint.ts';
import type { ClientCredentials } from '../../lambda/refresher/parse-credentials.ts';
import type { Clock } from '../../lambda/shared/clock.ts';

/** Milliseconds for the request and its retries. Somebody is waiting at a terminal. */
const CHECK_TIME_MS = 45_000;

/**
 * Mints a token with the credentials, as the refresher will, and drops it.
 * @returns the token's lifetime in seconds
 * @throws RefreshError as `mint` does
 */
export async function checkCredentials(
  configuration: Configuration,
  credentials: ClientCredentials,
  { clock, fetch, random }: { clock: Clock; fetch: typeof globalThis.fetch; random: () => number },
): Promise<number> {
  const deadline = clock.now() + CHECK_TIME_MS;
  const observations = { attempts: 0, isLifetimeBounded: false };
  const tools = { clock, fetch, random, deadline, mostRequests: MOST_REQUESTS, observations };
  const { issued_at, expires_at } = await mint(configuration, credentials, 'check', tools);
  return expires_at - issued_at;
}
