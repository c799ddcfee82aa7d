import { describe, expect, test } from 'vitest';
import { SAME_TOKEN_KINDS } from '../../support/same-token-endpoint.ts';
import { simulateRefresher } from '../../support/simulated-refresher.ts';

const DAY = 24 * 3_600_000;

describe.for(SAME_TOKEN_KINDS)(
  'an endpoint with a $expiresIn expires_in that grants the same $token, and the next $grantsEarly seconds early',
  (kind) => {
    test('leaves readers without a token for at most three seconds', async () => {
      const simulated = await simulateRefresher({ kind });
      simulated.schedule();
      await simulated.time.advance(DAY);
      const { stored, runs } = simulated;
      const gaps = stored.slice(1).map(({ storedAt }, index) => storedAt - (stored[index]?.expires_at ?? 0));
      console.log(
        stored.length,
        Math.max(...gaps),
        Math.min(...gaps),
        new Set(runs.map((r) => r.end)),
        simulated.endpoint.requests.length,
        runs.filter((r) => r.endedAt - r.startedAt > 60000).length,
        Math.max(...runs.map((r) => r.endedAt - r.startedAt)),
      );
      expect(Math.max(...gaps)).toBeLessThan(3);
    });
  },
);
