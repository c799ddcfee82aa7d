/** First wait between two loads that brought no new token, in milliseconds. */
const SPACING_BASE_MS = 1_000;
/** The longest such wait, in milliseconds, while a token with a lifetime of an hour or more is served. */
export const LONGEST_SPACING_MS = 90_000;

/** Milliseconds until the next load, after `fruitless` loads without a new token. Exponential, half of it jitter. */
export function spacing(fruitless: number, longest: number, random: () => number): number {
  const bound = Math.min(longest, SPACING_BASE_MS * 2 ** fruitless);
  return bound / 2 + (random() * bound) / 2;
}

const RETRY_BASE_MS = 500;
const RETRY_CAP_MS = 5_000;

/** Milliseconds until a search loads again (`attempt` is 1 for the first wait): exponential with full jitter. */
export function retryDelay(attempt: number, random: () => number): number {
  return random() * Math.min(RETRY_CAP_MS, RETRY_BASE_MS * 2 ** attempt);
}

/** Least wait after a token's end, in milliseconds: by then, the refresher has asked for the next token. */
export const NEXT_BASE_MS = 1_000;
const NEXT_JITTER_MS = { first: 4_000, later: 2_000 } as const;

/** Milliseconds until the first load after a token's end: by then, the refresher has nearly always stored the next token. */
export function firstWaitForNext(random: () => number): number {
  return NEXT_BASE_MS + random() * NEXT_JITTER_MS.first;
}

/** Milliseconds until each further load. */
export function laterWaitForNext(random: () => number): number {
  return NEXT_BASE_MS + random() * NEXT_JITTER_MS.later;
}
