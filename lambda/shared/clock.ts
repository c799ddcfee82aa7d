/** The clock that every step receives. Tests pass their own. */
export interface Clock {
  /** Unix time in milliseconds. */
  now(): number;
  /** Resolves after `milliseconds`. */
  sleep(milliseconds: number): Promise<void>;
  /** A signal that aborts after `milliseconds`. */
  timeout(milliseconds: number): AbortSignal;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
  timeout: (milliseconds) => AbortSignal.timeout(Math.max(0, Math.floor(milliseconds))),
};

/** Unix time in whole seconds, rounded down. */
export function unixSeconds(milliseconds: number): number {
  return Math.floor(milliseconds / 1000);
}
