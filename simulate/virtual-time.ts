import type { Clock } from '../lambda/shared/clock.ts';

/** Time that jumps from one event to the next. A simulated year takes seconds. */
export interface VirtualTime {
  /** Unix time, milliseconds. */
  readonly now: () => number;
  readonly sleep: Clock['sleep'];
  /** Calls the function at an instant, or now if that has passed. */
  at(instant: number, wake: () => void): void;
  /** Runs all events up to an instant. */
  runUntil(instant: number): Promise<void>;
}

interface Waiting {
  readonly at: number;
  /** Events of one instant happen in the order in which they were planned. */
  readonly order: number;
  readonly wake: () => void;
}

export function createVirtualTime(start: number): VirtualTime {
  const heap: Waiting[] = [];
  let now = start;
  let planned = 0;
  const at: VirtualTime['at'] = (instant, wake) => {
    planned += 1;
    push(heap, { at: Math.max(now, instant), order: planned, wake });
  };
  return {
    now: () => now,
    at,
    sleep: (milliseconds) => new Promise((resolve) => at(now + milliseconds, resolve)),
    async runUntil(instant) {
      await settle();
      for (let next = heap[0]; next !== undefined && next.at <= instant; next = heap[0]) {
        pop(heap);
        now = next.at;
        next.wake();
        await settle();
      }
      now = instant;
    },
  };
}

/** Waits until no promise is left that settles without time. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const isBefore = (one: Waiting, other: Waiting) =>
  one.at < other.at || (one.at === other.at && one.order < other.order);

/** Adds to a binary heap. */
function push(heap: Waiting[], added: Waiting): void {
  let index = heap.length;
  while (index > 0) {
    const parent = (index - 1) >> 1;
    const above = heap[parent] as Waiting;
    if (isBefore(above, added)) break;
    heap[index] = above;
    index = parent;
  }
  heap[index] = added;
}

/** Removes the first of a binary heap. */
function pop(heap: Waiting[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let index = 0;
  for (;;) {
    const left = 2 * index + 1;
    if (left >= heap.length) break;
    const [one, other] = [heap[left] as Waiting, heap[left + 1]];
    const child = other !== undefined && isBefore(other, one) ? left + 1 : left;
    const below = heap[child] as Waiting;
    if (isBefore(last, below)) break;
    heap[index] = below;
    index = child;
  }
  heap[index] = last;
}
