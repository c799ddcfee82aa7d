/**
 * Time in a function's process. Waits of a second or more take no time: they end when somebody moves the clock. Shorter waits
 * are real, except for time limits.
 */
export interface VirtualTime {
  /** Sets the clock to `milliseconds` after the real time. Forgets the timers. */
  set(milliseconds: number): void;
  /** Moves the clock to the next timer and fires it. Returns false if there is none. */
  fireNext(): boolean;
  /** If somebody waits for exactly a second, moves the clock to the end of that wait. */
  passSecond(): void;
  /** Resolves when the clock has moved by `milliseconds`. */
  sleep(milliseconds: number): Promise<void>;
}

interface VirtualTimer {
  readonly at: number;
  readonly milliseconds: number;
  readonly act: () => void;
}

/** Milliseconds. */
const SHORTEST_VIRTUAL_WAIT = 1_000;

/** Replaces the clock and the timers that the function's code uses. Calls `onSecond` when a wait of a second begins. */
export function startVirtualTime(onSecond: () => void): VirtualTime {
  const { setTimeout: startReal, clearTimeout: clearReal } = globalThis;
  const realNow = Date.now;
  const timers = new Map<object, VirtualTimer>();
  let ahead = 0;
  Date.now = () => realNow() + ahead;

  const start = (act: () => void, milliseconds: number): object => {
    const timer = { unref: () => timer, ref: () => timer, hasRef: () => true };
    timers.set(timer, { at: Date.now() + milliseconds, milliseconds, act });
    if (milliseconds === SHORTEST_VIRTUAL_WAIT) onSecond();
    return timer;
  };
  globalThis.setTimeout = ((act: (...given: never[]) => void, milliseconds = 0, ...given: never[]) =>
    milliseconds < SHORTEST_VIRTUAL_WAIT
      ? startReal(act, milliseconds, ...given)
      : start(() => act(...given), milliseconds)) as unknown as typeof setTimeout;
  globalThis.clearTimeout = ((timer: object | undefined) => {
    if (timer === undefined || !timers.delete(timer)) clearReal(timer as never);
  }) as typeof clearTimeout;
  AbortSignal.timeout = (milliseconds) => {
    const controller = new AbortController();
    const abort = () => controller.abort(new DOMException('The time is up.', 'TimeoutError'));
    // Even a short limit must end before longer waits do.
    start(abort, milliseconds);
    return controller.signal;
  };

  const fireNext = (): boolean => {
    const [first] = [...timers].toSorted(([, a], [, b]) => a.at - b.at);
    if (first === undefined) return false;
    const [timer, { at, act }] = first;
    timers.delete(timer);
    ahead += Math.max(0, at - Date.now());
    act();
    return true;
  };

  return {
    set: (milliseconds) => {
      ahead = milliseconds;
      timers.clear();
    },
    fireNext,
    passSecond: () => {
      const waits = [...timers].filter(([, { milliseconds }]) => milliseconds === SHORTEST_VIRTUAL_WAIT);
      for (const [timer] of waits) while (timers.has(timer)) fireNext();
    },
    sleep: (milliseconds) => new Promise((resolve) => void start(resolve, milliseconds)),
  };
}
