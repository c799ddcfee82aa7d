import type { Clock } from '../../lambda/shared/clock.ts';

export interface TestClock extends Clock {
  /** The requested sleeps in milliseconds, in order. */
  readonly sleeps: readonly number[];
  advance(milliseconds: number): void;
}

/** A clock that moves only by `advance` and `sleep`. */
export function createTestClock(start = 1_800_000_000_000): TestClock {
  let now = start;
  const sleeps: number[] = [];
  return {
    sleeps,
    now: () => now,
    sleep: async (milliseconds) => {
      sleeps.push(milliseconds);
      now += milliseconds;
    },
    timeout: (milliseconds) => AbortSignal.timeout(Math.max(1, Math.floor(milliseconds))),
    advance: (milliseconds) => {
      now += milliseconds;
    },
  };
}
