import { expect, test } from 'vitest';
import { dueAt } from '../../lambda/shared/refresh-margin.ts';
import { survivableOutage } from '../../lambda/shared/survivable-outage.ts';
import { simulateOutage } from '../support/simulated-outage.ts';

const PHASES = 20;
/** Seconds by which the checks are late, repeated. */
const DELAYS = [[0], [0, 60], [60, 0]] as const;

/** In minutes. `slack` is what the formula leaves to the longest outage that was survived in the worst phase, in seconds. */
test.for([
  ['the defaults', { checkEvery: 5, refreshBefore: 30, lifetime: 60, slack: 45 }],
  ['a check every minute', { checkEvery: 1, refreshBefore: 15, lifetime: 60, slack: 125 }],
  ['tokens that live for two checks', { checkEvery: 5, refreshBefore: 30, lifetime: 10, slack: 180 }],
  ['tokens that hardly live for two checks', { checkEvery: 5, refreshBefore: 6, lifetime: 9, slack: 105 }],
  ['a check every 20 minutes', { checkEvery: 20, refreshBefore: 70, lifetime: 140, slack: 45 }],
  ['a check every hour', { checkEvery: 60, refreshBefore: 150, lifetime: 300, slack: 45 }],
  [
    'a refreshBefore of hardly more than an hour',
    { checkEvery: 60, refreshBefore: 61, lifetime: 200, slack: 105 },
  ],
  ['a check every two hours', { checkEvery: 120, refreshBefore: 300, lifetime: 1_440, slack: 45 }],
] as const)(
  'the longest outage that is survived in every phase is at most three minutes above the formula, with %s',
  {
    timeout: 900_000,
  },
  async ([, { checkEvery, refreshBefore, lifetime: minutes, slack }]) => {
    const policy = { checkEvery: checkEvery * 60, refreshBefore: refreshBefore * 60 };
    const lifetime = minutes * 60;
    const from = Math.max(0, dueAt({ issued_at: 0, expires_at: lifetime }, policy) - 1);
    let survived = Number.POSITIVE_INFINITY;
    for (const kind of ['refuses', 'hangs'] as const) {
      for (const late of DELAYS) {
        for (let phase = 0; phase < policy.checkEvery; phase += policy.checkEvery / PHASES) {
          const outage = { policy, lifetime, kinds: [kind], phase, from, lasts: lifetime + 10, late };
          const { endpoint, stored } = await simulateOutage(outage);
          const expiry = (stored[0]?.expires_at ?? 0) * 1_000;
          // An outage that began just before the first attempt ended in time if the last one could have succeeded.
          const attempts = endpoint.requests.slice(1).filter((at) => at < expiry - 1_000);
          survived = Math.min(survived, ((attempts.at(-1) ?? 0) - (attempts[0] ?? 0)) / 1_000);
        }
      }
    }
    expect(survived).toBeGreaterThanOrEqual(survivableOutage(lifetime, policy));
    expect(survived - survivableOutage(lifetime, policy)).toBeLessThan(slack);
  },
);
