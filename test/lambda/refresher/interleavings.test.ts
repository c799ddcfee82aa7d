import { expect, test } from 'vitest';
import { exploreRuns, PAIRS, REPORT, REVOKED } from '../../support/interleavings/explore-runs.ts';
import { ISSUER_KINDS } from '../../support/interleavings/token-issuer.ts';

/**
 * Every order of the calls of runs that overlap: reads and writes of the token and of the claim, and token requests. Reads of
 * the secret are left out, because nothing changes it. Each state that the orders lead to is run once. A run that waits for
 * another one looks again when that one has ended and, beside an endpoint that revokes tokens, once before that.
 */
const CASES = ISSUER_KINDS.flatMap((issuer) => PAIRS.map((pair) => [pair.name, issuer, pair] as const));

test.for(CASES)(
  'in every order of their calls, %s mint as many tokens as they need and leave the last one stored if the endpoint %s',
  async ([, issuer, pair]) => {
    const earlyWakes = issuer === 'revokes former tokens' ? 1 : 0;
    const { orders, problems } = await exploreRuns({ issuer, ...pair, earlyWakes });
    expect(problems).toEqual(new Map());
    expect(orders).toBeGreaterThanOrEqual(pair.leastOrders);
  },
);

test('in every order of their calls, three reports cause one mint', async () => {
  const events = [REPORT, REPORT, REPORT];
  const issuer = 'revokes former tokens';
  const { orders, problems } = await exploreRuns({ issuer, firstToken: REVOKED, events, needs: 1 });
  expect(problems).toEqual(new Map());
  expect(orders).toBeGreaterThan(300_000);
});
