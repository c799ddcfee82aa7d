import { parseDelay } from './retry-after.ts';

/**
 * Headers that state when a rate limit resets, the most specific first, each with the one that states how many requests are left.
 * The draft of the IETF counts seconds (https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/). With the older
 * names, some servers send seconds, and some a Unix time, as Okta and GitHub do.
 */
const RESET_HEADERS = [
  ['ratelimit-reset', 'ratelimit-remaining'],
  ['x-ratelimit-reset-after', 'x-ratelimit-remaining'],
  ['x-ratelimit-reset', 'x-ratelimit-remaining'],
  ['x-rate-limit-reset', 'x-rate-limit-remaining'],
] as const;

/**
 * Milliseconds until a used-up rate limit resets, or undefined if no header says so. `now` is Unix time in milliseconds. Some
 * gateways send the state of the limit with every answer. Unlike `Retry-After`, the result does not pause later runs, because
 * servers use these headers in different ways.
 */
export function parseRateLimitReset(headers: Headers, now: number): number | undefined {
  const combined = headers.get('ratelimit');
  const candidates = [
    combined === null ? null : resetOfRateLimit(combined),
    ...RESET_HEADERS.map(([reset, remaining]) =>
      isUsedUp(headers.get(remaining)) ? headers.get(reset) : null,
    ),
  ];
  for (const candidate of candidates) {
    // Several limits, or several gateways, may each name a reset. The longest counts.
    const delays = candidate?.split(',').flatMap((value) => parseDelay(value, now) ?? []) ?? [];
    if (delays.length > 0) return Math.max(...delays);
  }
  return undefined;
}

/** Whether no request is left, in one limit of several. If a server does not say how many are left, its reset counts. */
function isUsedUp(remaining: string | null | undefined): boolean {
  // An empty text is 0.
  return (remaining ?? '').split(',').some((left) => Number(left) <= 0);
}

/**
 * The seconds in `RateLimit`: `"burst";r=0;t=30` or, in earlier drafts, `limit=10, remaining=0, reset=30`. Of several policies,
 * those that are used up count.
 */
function resetOfRateLimit(header: string): string {
  const policies = header.split(/,(?=\s*"?[\w-]+"?\s*;)/);
  const resets = policies
    .filter((policy) => isUsedUp(/\br(?:emaining)?=(\d+)/.exec(policy)?.[1]))
    .map((policy) => /(?:;\s*t|\breset)=(\d+)/.exec(policy)?.[1]);
  return resets.join();
}
