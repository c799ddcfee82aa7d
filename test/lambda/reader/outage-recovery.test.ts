import { describe, test } from 'vitest';
import { checkRecovery } from '../../support/outage-fleet.ts';
import { LARGEST_FLEET, RECOVERIES } from './recoveries.ts';

/** Fleets of a thousand containers are in test/slow/reader-fleet.test.ts. */
describe.for(RECOVERIES)('after an outage ($outage),', ({ state, fleets }) => {
  test.for(fleets.filter(({ containers }) => containers < LARGEST_FLEET))(
    'all readers of a fleet have a token in time: %j',
    (fleet) => checkRecovery(state, fleet),
  );
});
