import { describe, expect, test } from 'vitest';
import { expiryThreshold } from '../../lambda/shared/alarm-thresholds.ts';
import { alarmsOf } from '../support/alarms.ts';
import { firstAlarm } from '../support/incidents.ts';
import { simulateDays } from '../support/same-token-days.ts';
import { SAME_TOKEN_KINDS, type SameTokenKind } from '../support/same-token-endpoint.ts';

const POLICY = { checkEvery: 300, refreshBefore: 1_800 };
const alarms = alarmsOf(POLICY);

// A month takes seconds on an idle machine.
describe.for(SAME_TOKEN_KINDS)(
  'an endpoint with a $expiresIn expires_in that grants the same $token, and the next one $grantsEarly seconds early,',
  { timeout: 900_000 },
  (kind) => {
    test('leaves a gap of at most three seconds for each token of a month, which readers wait out, and fires no alarm', async () => {
      const month = await simulateDays(30, alarms, { kind, seed: 2 });
      expect(month.gaps.length).toBeGreaterThanOrEqual(717);
      expect(Math.max(...month.gaps)).toBeLessThanOrEqual(3);
      expect(month.failedReads).toEqual([]);
      expect(month.deadTokens).toBe(0);
      expect(month.longestRead).toBeLessThan(10_000);
      expect(month.fired).toEqual({ TokenExpiring: [], RefreshFailing: [], DeadLetters: [], Throttled: [] });
      const runs = month.simulated.runs.map(({ startedAt, endedAt }) => (endedAt - startedAt) / 1_000);
      // docs/costs.md: 541 seconds for each of 730 tokens at 256 MB cost $1.31.
      expect(Math.max(...runs)).toBeLessThan(372);
      expect(runs.reduce((sum, seconds) => sum + seconds, 0) / month.gaps.length).toBeLessThan(541);
    });
  },
);

const KINDS: readonly SameTokenKind[] = [
  { expiresIn: 'constant', token: 'opaque', grantsEarly: 0 },
  { expiresIn: 'shrinking', token: 'JWT', grantsEarly: 30 },
];
/** Seconds before the end of a token from which the endpoint is down. */
const OUTAGES = [2_500, 1_500, 900, 660, 600, 400, 200, 100, 50, 30, 20, 1, 0.5] as const;
const HOUR = 3_600;

describe.for(KINDS)('if an endpoint of the kind %j is down for two hours,', (kind) => {
  test.for(OUTAGES.filter((before) => before > kind.grantsEarly))(
    'from %d seconds before the end of a token, TokenExpiring fires once, in time',
    { timeout: 900_000 },
    async (before) => {
      let downFrom = Number.POSITIVE_INFINITY;
      let end = 0;
      const { fired, failedReads } = await simulateDays(0.35, alarms, { kind, seed: before }, (simulated) => {
        simulated.endpoint.fault = () => {
          const now = simulated.time.now() / 1_000;
          const stored = simulated.stored.at(-1);
          // The end of the first token that is stored after three hours.
          if (
            downFrom === Number.POSITIVE_INFINITY &&
            simulated.stored.length === 4 &&
            stored !== undefined
          ) {
            end = stored.expires_at;
            downFrom = end - before;
          }
          const isDown = now >= downFrom && now < downFrom + 2 * HOUR;
          return isDown ? new Response(null, { status: 503 }) : undefined;
        };
      });
      const untilRecovery = fired.TokenExpiring.filter((change) => change.at < downFrom + 2 * HOUR);
      expect(untilRecovery.map(({ state }) => state)).toEqual(['ALARM']);
      expect(fired.TokenExpiring.at(-1)?.state).toBe('OK');
      const at = firstAlarm(fired.TokenExpiring);
      expect(at).toBeGreaterThan(downFrom);
      // What docs/operations.md says.
      expect(at).toBeLessThan(before >= 660 ? end : Math.max(end, downFrom) + 240);
      // Readers are served until the end.
      for (const failure of failedReads) expect(failure.at / 1_000).toBeGreaterThanOrEqual(end);
    },
  );
});

test('the threshold of TokenExpiring is what a same token publishes', () => {
  expect(expiryThreshold(POLICY)).toBe(alarms.TokenExpiring.Threshold);
});
