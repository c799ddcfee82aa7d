import { expect, test } from 'vitest';
import { exploreRuns, REPORT, REVOKED } from '../support/interleavings/explore-runs.ts';
import { ISSUER_KINDS } from '../support/interleavings/token-issuer.ts';

// `npm test` runs the one that revokes.
test.for(ISSUER_KINDS.filter((issuer) => issuer !== 'revokes former tokens'))(
  'in every order of their calls, three reports cause one mint if the endpoint %s',
  async (issuer) => {
    const events = [REPORT, REPORT, REPORT];
    const { orders, problems } = await exploreRuns({ issuer, firstToken: REVOKED, events, needs: 1 });
    expect(problems).toEqual(new Map());
    expect(orders).toBeGreaterThan(300_000);
  },
);
