import { setImmediate, setTimeout } from 'node:timers/promises';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { SSMClient } from '@aws-sdk/client-ssm';

/** Time that passes only on demand. Real HTTP requests take none of it. */
export interface SimulatedTime {
  /** Unix time, milliseconds. */
  readonly now: () => number;
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
  /** A signal that aborts after some time. */
  readonly timeout: (milliseconds: number) => AbortSignal;
  /** Waits for the requests under way, then lets time pass and wakes each sleeper at its instant. */
  advance(milliseconds: number): Promise<void>;
  /** Waits for the requests under way without letting time pass. */
  settle(): Promise<void>;
  /** Lets time pass until the promise settles, and settles like the promise. */
  until<Value>(promise: Promise<Value>): Promise<Value>;
  /** The number of sleeps under way. */
  readonly sleeping: number;
  /** Counts this client's requests as under way until they are answered. */
  watch(client: SSMClient | LambdaClient): void;
}

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/** Turns of the event loop that code needs after a response or a wake-up, for example for dynamic imports. */
const TURNS = 4;

export function createSimulatedTime(start = 1_800_000_000_000): SimulatedTime {
  let now = start;
  let underWay = 0;
  let sleepers: readonly Sleeper[] = [];

  const settle = async (): Promise<void> => {
    for (let quiet = 0; quiet < TURNS; quiet = underWay === 0 ? quiet + 1 : 0) await setImmediate();
  };
  const nextWakeUp = () => sleepers.reduce((least, { at }) => Math.min(least, at), Number.POSITIVE_INFINITY);
  const passTo = async (instant: number): Promise<void> => {
    now = Math.max(now, instant);
    const due = sleepers.filter(({ at }) => at <= now);
    if (due.length === 0) return;
    sleepers = sleepers.filter(({ at }) => at > now);
    for (const { wake } of due) wake();
    await settle();
  };
  return {
    now: () => now,
    sleep: (milliseconds, signal) =>
      new Promise((resolve, reject) => {
        const sleeper = { at: now + milliseconds, wake: resolve };
        sleepers = [...sleepers, sleeper];
        signal?.addEventListener('abort', () => {
          sleepers = sleepers.filter((other) => other !== sleeper);
          reject(signal.reason);
        });
      }),
    timeout: (milliseconds) => {
      const controller = new AbortController();
      sleepers = [...sleepers, { at: now + milliseconds, wake: () => controller.abort() }];
      return controller.signal;
    },
    settle,
    get sleeping() {
      return sleepers.length;
    },
    async advance(milliseconds) {
      const end = now + milliseconds;
      // One turn, so that the latest calls send their requests.
      await setImmediate();
      if (underWay > 0) await settle();
      while (nextWakeUp() <= end) await passTo(nextWakeUp());
      await passTo(end);
    },
    async until(promise) {
      let pending = true;
      const done = () => {
        pending = false;
      };
      promise.then(done, done);
      await settle();
      while (pending) {
        // If nothing sleeps, the promise waits for a request that is not watched.
        if (sleepers.length === 0) await setTimeout(1);
        else await passTo(nextWakeUp());
      }
      return promise;
    },
    watch(client) {
      // The middleware stacks of the two clients differ only in types.
      (client as SSMClient).middlewareStack.add(
        (next) => async (args) => {
          underWay += 1;
          try {
            return await next(args);
          } finally {
            underWay -= 1;
          }
        },
        { step: 'initialize', name: 'watch' },
      );
    },
  };
}
