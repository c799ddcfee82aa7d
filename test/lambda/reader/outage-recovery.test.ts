import { describe, test } from 'vitest';
import type { StoreState } from '../../support/model-store.ts';
import { checkRecovery, type OutageRow } from '../../support/outage-fleet.ts';

/** Fleets of a thousand containers are in test/slow/reader-fleet.test.ts. */
const OUTAGES: readonly (readonly [string, StoreState, readonly OutageRow[]])[] = [
  [
    'that nobody can reach',
    'unreachable',
    [
      { containers: 1, most: 10, all: 10, duringOutage: 0.2, minuteAfter: 1 },
      { containers: 10, most: 10, all: 10, duringOutage: 2, minuteAfter: 1 },
      { containers: 100, most: 10, all: 10, duringOutage: 20, minuteAfter: 2 },
    ],
  ],
  [
    'that fails, and throttles beyond its throughput',
    'failing',
    [
      { containers: 1, most: 10, all: 10, duringOutage: 0.2, minuteAfter: 1 },
      { containers: 10, most: 10, all: 10, duringOutage: 2, minuteAfter: 1 },
      { containers: 100, most: 10, all: 10, duringOutage: 20, minuteAfter: 2 },
    ],
  ],
  [
    'whose throughput others use up',
    'throttling',
    [
      { containers: 1, most: 41, all: 41, duringOutage: 0.1, minuteAfter: 1 },
      { containers: 10, most: 41, all: 41, duringOutage: 1, minuteAfter: 1 },
      { containers: 100, most: 41, all: 41, duringOutage: 5, minuteAfter: 2 },
    ],
  ],
];

describe.for(OUTAGES)('after an outage of a Parameter Store %s,', ([, state, rows]) => {
  test.for(rows)('all readers of a fleet have a token in time: %j', (row) => checkRecovery(state, row));
});
