/** A span without a valid token. Unix times in milliseconds. */
export interface Gap {
  readonly from: number;
  readonly until: number;
}

/** A token that was stored, and when it ends. Unix times in milliseconds. */
export interface StoredOnce {
  readonly at: number;
  /** Asked at the end of the simulation, because a token may be revoked after it was stored. */
  readonly end: () => number;
}

/** The spans from the first stored token to `until` in which the stored token was not valid. */
export function gapsOf(stored: readonly StoredOnce[], until: number): readonly Gap[] {
  const gaps: Gap[] = [];
  let open: number | undefined;
  stored.forEach(({ at, end }, index) => {
    const replacedAt = stored[index + 1]?.at ?? until;
    const ended = Math.max(at, end());
    if (open !== undefined && ended > at) {
      gaps.push({ from: open, until: at });
      open = undefined;
    }
    if (ended < replacedAt) open ??= ended;
  });
  if (open !== undefined) gaps.push({ from: open, until });
  return gaps;
}

/** Milliseconds of the gaps within a span. */
export function gapWithin(gaps: readonly Gap[], from: number, until: number): number {
  const within = gaps.map((gap) => Math.min(gap.until, until) - Math.max(gap.from, from));
  return within.reduce((sum, length) => sum + Math.max(0, length), 0);
}

export function longestOf(gaps: readonly Gap[]): number {
  return gaps.reduce((longest, { from, until }) => Math.max(longest, until - from), 0);
}
