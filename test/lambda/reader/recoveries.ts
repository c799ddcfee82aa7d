import type { StoreState } from '../../support/model-store.ts';
import type { OutageRow } from '../../support/outage-fleet.ts';

/** An outage of Parameter Store, and how fleets of readers without a token recover from it. */
export interface Recovery {
  readonly outage: string;
  readonly state: StoreState;
  readonly fleets: readonly OutageRow[];
}

/** A fleet of this size is slow to simulate. */
export const LARGEST_FLEET = 1_000;

const small: readonly OutageRow[] = [
  { containers: 1, most: 10, all: 10, duringOutage: 0.2, minuteAfter: 1 },
  { containers: 10, most: 10, all: 10, duringOutage: 2, minuteAfter: 1 },
  { containers: 100, most: 10, all: 10, duringOutage: 20, minuteAfter: 2 },
];
/** With 40 reads a second, it needs 25 seconds. */
const largest = { containers: LARGEST_FLEET, minuteAfter: 40 } as const;

/** docs/consumers.md shows these rows, and tests hold the reader to them. */
export const RECOVERIES: readonly Recovery[] = [
  {
    outage: 'Parameter Store failed',
    state: 'failing',
    // A call that meets both kinds of failures reads once more when its patience ends.
    fleets: [...small, { ...largest, most: 30, all: 45, duringOutage: 41 }],
  },
  {
    outage: 'No connection could be made',
    state: 'unreachable',
    // Nothing tells the containers that they are many. Their requests do not reach Parameter Store.
    fleets: [...small, { ...largest, most: 30, all: 60, duringOutage: 150 }],
  },
  {
    outage: 'Parameter Store throttled all reads',
    state: 'throttling',
    fleets: [
      { containers: 1, most: 41, all: 41, duringOutage: 0.1, minuteAfter: 1 },
      { containers: 10, most: 41, all: 41, duringOutage: 1, minuteAfter: 1 },
      { containers: 100, most: 41, all: 41, duringOutage: 5, minuteAfter: 2 },
      { ...largest, most: 35, all: 45, duringOutage: 40 },
    ],
  },
];
