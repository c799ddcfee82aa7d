import { parseDelay } from './retry-after.ts';

/**
 * Headers that state when a rate limit resets, the most specific first. The draft of the IETF counts seconds
 * (https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/). Of the older names, some servers send seconds, and
 * some a Unix time, as Okta and GitHub do.
 */
const RESET_HEADERS = [
  'ratelimit-reset',
  'x-ratelimit-reset-after',
  'x-ratelimit-reset',
  'x-rate-limit-reset',
] as const;

/**
 * Milliseconds until a rate limit resets, or undefined if no header says so. `now` is Unix time in milliseconds.
 * Unlike `Retry-After`, the result does not pause later runs, because servers use these headers in different ways.
 */
export function parseRateLimitReset(headers: Headers, now: number): number | undefined {
  const combined = headers.get('ratelimit');
  const candidates = [
    combined === null ? null : resetOfRateLimit(combined),
    ...RESET_HEADERS.map((name) => headers.get(name)),
  ];
  for (const candidate of candidates) {
    const delay = parseDelay(candidate, now);
    if (delay !== undefined) return delay;
  }
  return undefined;
}

/**
 * The seconds in `RateLimit`: `"burst";r=0;t=30` or, in earlier drafts, `limit=10, remaining=0, reset=30`. Of several policies,
 * one that is used up counts.
 */
function resetOfRateLimit(header: string): string | null {
  const policies = header.split(/,(?=\s*"?[\w-]+"?\s*;)/);
  const usedUp = policies.find((policy) => /[;,]\s*r=0\b/.test(policy)) ?? header;
  return /(?:;\s*t|\breset)=(\d+)/.exec(usedUp)?.[1] ?? null;
}
