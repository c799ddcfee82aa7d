import { expect, test } from 'vitest';
import { NO_FAULTS, NO_RATES } from '../../simulate/fault-plans.ts';
import type { Faults, IncidentKind, Rotation } from '../../simulate/faults.ts';
import { STRATEGIES } from '../../simulate/strategies.ts';
import { isAccepted } from '../../simulate/token-endpoint.ts';

const HOUR = 3_600_000;
const UNTIL = 100 * HOUR;
const all = (faults: Partial<Faults>) =>
  STRATEGIES.map(({ simulate }) => simulate({ ...NO_FAULTS, ...faults }, { from: 0, until: UNTIL, seed: 1 }));
const during = (kind: IncidentKind, from: number, until: number) => ({
  incidents: [{ kind, from, until, share: 1 }],
});

test('without a fault, no strategy has a gap, and each makes the least requests, or more for new containers', () => {
  for (const { badShare, longestGap, requestsPerDay, leastPerDay } of all({})) {
    expect({ badShare, longestGap }).toEqual({ badShare: 0, longestGap: 0 });
    expect(requestsPerDay / leastPerDay).toBeGreaterThan(0.9);
    expect(requestsPerDay / leastPerDay).toBeLessThan(1.3);
  }
});

test.for<IncidentKind>(['endpoint refused', 'endpoint hanging', 'secrets-manager throttled', 'kms failing'])(
  'with %s for 50 of 100 hours, every strategy is without a good token for 48 to 50 hours',
  (kind) => {
    for (const { badShare, longestGap } of all(during(kind, 25 * HOUR, 75 * HOUR))) {
      expect(badShare).toBeGreaterThan(0.48);
      expect(badShare).toBeLessThan(0.51);
      expect(longestGap).toBeGreaterThan(48 * HOUR);
    }
  },
);

test('a fault of Parameter Store stops only strategies that store the token there', () => {
  const shares = all(during('parameter-store failing', 25 * HOUR, 75 * HOUR)).map(
    ({ badShare }) => badShare > 0,
  );
  expect(shares).toEqual([true, true, true, false, false]);
});

test('no event stops only strategies with a schedule', () => {
  const expected = [true, true, true, false, false];
  const off = all(during('schedule off', 25 * HOUR, 75 * HOUR));
  const lost = all({ rates: { ...NO_RATES, lostEvents: 0.9 } });
  for (const outcomes of [off, lost]) expect(outcomes.map(({ badShare }) => badShare > 0)).toEqual(expected);
});

test('every strategy meets a revocation', () => {
  for (const { badShare } of all({ revocations: [50 * HOUR + 1] })) expect(badShare).toBeGreaterThan(0);
});

test.for<readonly [what: string, rotation: Omit<Rotation, 'at'>, now: number, accepted: readonly boolean[]]>([
  ['both', { newAcceptedFrom: 10, formerAcceptedUntil: 30 }, 20, [true, true]],
  ['the former one before', { newAcceptedFrom: 10, formerAcceptedUntil: 30 }, 5, [true, false]],
  ['the new one after', { newAcceptedFrom: 10, formerAcceptedUntil: 30 }, 30, [false, true]],
])('an endpoint accepts %s during a rotation', ([, rotation, now, accepted]) => {
  const rotations = [{ at: 20, ...rotation }];
  expect([0, 1].map((generation) => isAccepted(generation, rotations, now))).toEqual(accepted);
});
