import type { Load, Loaded } from '../../lambda/reader/load-parameter.ts';
import type { StoredToken } from '../../lambda/shared/stored-token.ts';
import { READS_PER_SECOND } from './simulated-fleet.ts';
import type { SimulatedTime } from './simulated-time.ts';

/**
 * - `up`: answers up to its throughput, and throttles beyond.
 * - `failing`: the same, but every read that it does not throttle fails.
 * - `unreachable`: no request arrives. Each fails after 1.5 seconds, the time that the reader's client takes to connect.
 * - `throttling`: other readers use all of the throughput.
 */
export type StoreState = 'up' | 'failing' | 'unreachable' | 'throttling';

/** A model of Parameter Store for fleets of readers: a load is one request, and takes no time unless it hangs. */
export interface ModelStore {
  state: StoreState;
  token: StoredToken | undefined;
  readonly load: Load;
  /** Unix times in milliseconds at which requests were sent. */
  readonly requests: readonly number[];
  /** Requests a second between two Unix times in milliseconds. */
  rate(from: number, until: number): number;
}

const transient = (reason: 'throttled' | 'failing'): Loaded => ({
  type: 'failure',
  failure: { code: 'STORE_UNAVAILABLE', text: reason },
  transient: reason,
});

export function createModelStore(time: SimulatedTime): ModelStore {
  const requests: number[] = [];
  let allowance = READS_PER_SECOND;
  let refilledAt = time.now();
  const isOverQuota = (): boolean => {
    const seconds = (time.now() - refilledAt) / 1_000;
    allowance = Math.min(READS_PER_SECOND, allowance + seconds * READS_PER_SECOND);
    refilledAt = time.now();
    if (allowance < 1) return true;
    allowance -= 1;
    return false;
  };
  const store: ModelStore = {
    state: 'up',
    token: undefined,
    requests,
    async load() {
      const { state } = store;
      const isThrottled = state === 'throttling' || (state !== 'unreachable' && isOverQuota());
      requests.push(time.now());
      if (isThrottled) return transient('throttled');
      if (state === 'unreachable') await time.sleep(1_500);
      if (state !== 'up') return transient('failing');
      if (store.token !== undefined) return { type: 'token', token: store.token };
      return { type: 'failure', failure: { code: 'PARAMETER_NOT_FOUND', text: '' } };
    },
    rate: (from, until) =>
      requests.filter((at) => at >= from && at < until).length / ((until - from) / 1_000),
  };
  return store;
}
