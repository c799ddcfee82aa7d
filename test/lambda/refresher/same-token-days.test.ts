import { describe, expect, test } from 'vitest';
import { alarmsOf } from '../../support/alarms.ts';
import { simulateDays } from '../../support/same-token-days.ts';
import { SAME_TOKEN_KINDS } from '../../support/same-token-endpoint.ts';

const alarms = alarmsOf({ checkEvery: 300, refreshBefore: 1_800 });

describe.for(SAME_TOKEN_KINDS)(
  'an endpoint with a $expiresIn expires_in that grants the same $token, and the next one $grantsEarly seconds early,',
  (kind) => {
    test('leaves a gap of at most three seconds for each token, which readers wait out, and fires no alarm', async () => {
      const { gaps, failedReads, deadTokens, fired } = await simulateDays(0.5, alarms, { kind });
      expect(gaps.length).toBeGreaterThanOrEqual(11);
      expect(Math.max(...gaps)).toBeLessThanOrEqual(3);
      expect(failedReads).toEqual([]);
      expect(deadTokens).toBe(0);
      expect(fired).toEqual({ TokenExpiring: [], RefreshFailing: [], DeadLetters: [], Throttled: [] });
    });
  },
);

test.for([-5, 5])(
  'the gap is a few seconds if the clock of the endpoint is %d seconds ahead',
  async (clockAhead) => {
    const kind = { expiresIn: 'constant', token: 'JWT', grantsEarly: 0 } as const;
    const { gaps, failedReads } = await simulateDays(0.2, alarms, { kind, clockAhead });
    expect(gaps.length).toBeGreaterThanOrEqual(4);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(3 + Math.max(0, -clockAhead));
    expect(failedReads).toEqual([]);
  },
);
