import type { ConsumerCall } from '../call-api.ts';

/** What the simulated consumer has experienced so far. */
export interface ConsumerState {
  readonly calls: number;
  readonly failures: number;
  /** Unix time, milliseconds, of the first failed call of the current outage. Undefined while calls succeed. */
  readonly failingSince: number | undefined;
  /** Seconds. */
  readonly lastOutage: number | undefined;
}

export const INITIAL_CONSUMER: ConsumerState = {
  calls: 0,
  failures: 0,
  failingSince: undefined,
  lastOutage: undefined,
};

/** The state after one more call, and the event to log if an outage began or ended. */
export function afterCall(
  { calls, failures, failingSince, lastOutage }: ConsumerState,
  { status }: ConsumerCall,
  now: number,
): { readonly state: ConsumerState; readonly event: string | undefined } {
  const counted = { calls: calls + 1, failures: status === 200 ? failures : failures + 1 };
  if (status !== 200) {
    const event =
      failingSince === undefined ? `consumer: the API answered ${status ?? 'nothing'}` : undefined;
    return { state: { ...counted, failingSince: failingSince ?? now, lastOutage }, event };
  }
  if (failingSince === undefined)
    return { state: { ...counted, failingSince, lastOutage }, event: undefined };
  const outage = Math.ceil((now - failingSince) / 1000);
  return {
    state: { ...counted, failingSince: undefined, lastOutage: outage },
    event: `consumer: works again after ${outage} s`,
  };
}
