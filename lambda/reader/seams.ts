/** What tests replace: the clock, the random numbers and the waits. */
export interface Seams {
  /** Unix time in milliseconds. */
  readonly now: () => number;
  /** A number from 0 to 1, for jitter. */
  readonly random: () => number;
  /** Resolves after the given milliseconds. May reject when the signal aborts. */
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
}
