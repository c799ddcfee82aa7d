import type { Clock } from '../shared/clock.ts';

export interface CallOptions {
  readonly abortSignal?: AbortSignal;
}

export interface AttemptTime {
  readonly clock: Clock;
  /** When everything before the write of a token must have ended. Unix time in milliseconds. */
  readonly deadline: number;
}

/** Ends a call to AWS at the deadline, because the SDK's attempts could take longer. */
export function untilDeadline({ clock, deadline }: AttemptTime): CallOptions {
  return { abortSignal: clock.timeout(deadline - clock.now()) };
}
