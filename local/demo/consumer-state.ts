/** How one call of a consumer ended. */
export type ConsumerCall =
  | { readonly ok: true /** Whether a 401 came first. */; readonly retried: boolean }
  | { readonly ok: false; readonly reason: string };

/** What a consumer has experienced so far. Times are Unix time in milliseconds. */
export interface ConsumerState {
  readonly calls: number;
  readonly failures: number;
  /** Calls that succeeded after a 401. */
  readonly retried: number;
  /** The first failed call of the current outage, and why the latest one failed. Undefined while calls succeed. */
  readonly outage: { readonly since: number; readonly reason: string } | undefined;
}

export const INITIAL_CONSUMER: ConsumerState = { calls: 0, failures: 0, retried: 0, outage: undefined };

/** The state after one more call, and the event to log if there is news. */
export function afterCall(
  { calls, failures, retried, outage }: ConsumerState,
  call: ConsumerCall,
  now: number,
): { readonly state: ConsumerState; readonly event: string | undefined } {
  if (!call.ok) {
    const { reason } = call;
    const state = { calls: calls + 1, failures: failures + 1, retried };
    const event = reason === outage?.reason ? undefined : `fails: ${reason}`;
    return { state: { ...state, outage: { since: outage?.since ?? now, reason } }, event };
  }
  const state = { calls: calls + 1, failures, retried: retried + (call.retried ? 1 : 0), outage: undefined };
  if (outage !== undefined) return { state, event: `works again after ${secondsSince(outage.since, now)} s` };
  return { state, event: call.retried ? 'got a 401, then 200 with a new token' : undefined };
}

/** The consumer's calls in one line. */
export function describeConsumer({ calls, failures, retried, outage }: ConsumerState, now: number): string {
  const repeated = retried > 0 ? `, ${retried} retried after a 401` : '';
  const failing = outage === undefined ? '' : `, failing for ${secondsSince(outage.since, now)} s`;
  return `${calls} ${calls === 1 ? 'call' : 'calls'}, ${failures} failed${repeated}${failing}`;
}

function secondsSince(since: number, now: number): number {
  return Math.ceil((now - since) / 1_000);
}
