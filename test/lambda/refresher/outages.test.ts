import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MOST_REQUESTS } from '../../../lambda/refresher/backoff.ts';
import { dueAt } from '../../../lambda/shared/refresh-margin.ts';
import { survivableOutage } from '../../../lambda/shared/survivable-outage.ts';
import { functionTimeout } from '../../../lambda/shared/time-budget.ts';
import { OUTAGE_KINDS, type SimulatedOutage, simulateOutage } from '../../support/simulated-outage.ts';

const MINUTE = 60;
const HOUR = 3_600;

const share = fc.double({ min: 0, max: 1, noNaN: true });

/** Seconds by which the checks are late. */
const late = fc.array(fc.oneof(fc.constantFrom(0, 60), fc.double({ min: 0, max: 60, noNaN: true })), {
  minLength: 1,
  maxLength: 7,
});
/** In seconds. A token request may take 30, less what the calls to AWS before it took. */
const speeds = fc.constantFrom(
  { answersAfter: 0, awsTakes: 0 },
  { answersAfter: 29, awsTakes: 0 },
  { answersAfter: 29, awsTakes: 0.05 },
  { answersAfter: 28, awsTakes: 0.2 },
  { answersAfter: 0, awsTakes: 0.5 },
);

/**
 * Any settings that leave something to survive, with at most 30 checks in the lifetime of a token, and an outage within the bound.
 * It mixes kinds of failures, and answers may be slow after it.
 */
const outages: fc.Arbitrary<SimulatedOutage> = fc
  .record({
    checkEvery: fc
      .oneof(fc.constantFrom(1, 5, 13, 14, 60), fc.integer({ min: 1, max: 120 }))
      .map((minutes) => minutes * MINUTE),
    refreshBefore: fc.integer({ min: 60, max: 4 * HOUR }),
    lifetime: fc.integer({ min: 60, max: 8 * HOUR }),
    kinds: fc.array(fc.constantFrom(...OUTAGE_KINDS), { minLength: 1, maxLength: 4 }),
    // The worst moment is just before the first attempt to replace the token.
    begins: fc.oneof(fc.constant(0), fc.double({ min: -1, max: 1, noNaN: true })),
    share: fc.oneof(fc.constant(1), share),
    phase: share,
    ...{ late, speeds },
  })
  .map(({ checkEvery, refreshBefore, lifetime, begins, share, phase, speeds, ...rest }) => {
    const policy = { checkEvery, refreshBefore: checkEvery + 60 + refreshBefore };
    const valid = checkEvery + 60 + Math.min(lifetime, 30 * checkEvery);
    const due = dueAt({ issued_at: 0, expires_at: valid }, policy);
    return {
      ...{ ...rest, ...speeds },
      policy,
      lifetime: valid,
      phase: phase * checkEvery,
      from: Math.max(0, due - 1 + begins * (begins < 0 ? due : checkEvery)),
      lasts: share * survivableOutage(valid, policy),
    };
  })
  .filter(({ lasts }) => lasts > 0);

test('for any settings, no token expires in any outage within the bound, and each run keeps its limits', {
  timeout: 600_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(outages, async (outage) => {
      const { leastValid, runs } = await simulateOutage(outage);
      expect(leastValid).toBeGreaterThanOrEqual(0);
      const { checkEvery } = outage.policy;
      const longest = functionTimeout(checkEvery);
      for (const { startedAt, endedAt, requests } of runs) {
        expect((endedAt - startedAt) / 1_000).toBeLessThanOrEqual(longest);
        expect(requests).toBeLessThanOrEqual(
          MOST_REQUESTS + 1 + Math.max(0, Math.floor((longest - 120) / 120)),
        );
      }
    }),
    { numRuns: 250 },
  );
});

// README.md and docs/ state it.
test('with the default settings and one-hour tokens, the stored token is valid for at least 29 minutes while checks can mint', async () => {
  const policy = { checkEvery: 5 * MINUTE, refreshBefore: 30 * MINUTE };
  const checks = fc.record({ phase: share.map((part) => part * policy.checkEvery), late, speeds });
  let least = Number.POSITIVE_INFINITY;
  const property = fc.asyncProperty(checks, async ({ speeds, ...schedule }) => {
    const withoutOutage = { kinds: [], from: 0, lasts: 0 };
    const { leastValid } = await simulateOutage({
      ...{ policy, lifetime: HOUR },
      ...{ ...schedule, ...speeds, ...withoutOutage },
    });
    least = Math.min(least, leastValid);
  });
  await fc.assert(property, { numRuns: 30 });
  expect(least / MINUTE).toBeGreaterThanOrEqual(29);
  expect(least / MINUTE).toBeLessThan(30);
});
