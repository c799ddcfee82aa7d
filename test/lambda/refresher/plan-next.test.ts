import { expect, test } from 'vitest';
import { nextLook, nextRetry, type RunSoFar } from '../../../lambda/refresher/plan-next.ts';
import {
  RefreshError,
  type RefreshErrorCode,
  type RefreshErrorDetails,
} from '../../../lambda/shared/refresh-error.ts';
import type { RefreshResult } from '../../../lambda/shared/refresh-result.ts';

/** Unix time in seconds. */
const NOW = 1_800_000_000;
const POLICY = { checkEvery: 300, refreshBefore: 1_800 };
/** In seconds from now. */
const LATEST = 360;

const soFar = (failedInARow: number, now = NOW * 1_000): RunSoFar => ({
  now,
  latest: (NOW + LATEST) * 1_000,
  failedInARow,
});
/** Seconds from now. */
const fromNow = (instant: number | undefined) => (instant === undefined ? undefined : instant / 1_000 - NOW);
const KEPT = { outcome: 'kept', reason: 'fresh' } as const;
const MINTED = { outcome: 'minted', reason: 'expiring' } as const;
const SAME = { outcome: 'kept', reason: 'same-token' } as const;
const REPLACING = { outcome: 'kept', reason: 'being-replaced' } as const;

type Outcome = Pick<RefreshResult, 'outcome' | 'reason'>;
// In seconds: the age of the token, its lifetime, and when the run looks again.
test.for<[string, Outcome, number | undefined, number, number | undefined]>([
  ['looks again when a kept token becomes due', KEPT, 1_700, 3_600, 100],
  ['looks again in a whole second if the token becomes due within one', KEPT, 500, 1_201, 101],
  ['looks again at its latest moment', KEPT, 1_440, 3_600, LATEST],
  ['leaves a token that becomes due later to the next check', KEPT, 1_439, 3_600, undefined],
  ['leaves a token that is due now to the next check', KEPT, 1_800, 3_600, undefined],
  ['leaves a token that was due to the next check', KEPT, 1_900, 3_600, undefined],
  ['does not wait after a mint', MINTED, 1_700, 3_600, undefined],
  ['does not wait for a token that was granted again', SAME, 1_700, 3_600, undefined],
  ['does not wait for a token whose origin is unknown', KEPT, undefined, 3_600, undefined],
])('a run %s', ([, outcome, age, lifetime, expected]) => {
  const origin = age === undefined ? undefined : { issued_at: NOW - age };
  const expires_at = NOW - (age ?? 1_700) + lifetime;
  const result = { ...outcome, expires_at, parameter_version: 1 } as RefreshResult;
  expect(fromNow(nextLook(result, origin, POLICY, soFar(0)))).toBe(expected);
});

// In seconds: the time that has passed, and when the run looks again.
test.for<[number, number, number | undefined]>([
  [1, 0, 60],
  [2, 0, 120],
  [3, 0, 120],
  [1, 300, 360],
  [1, 301, undefined],
  [2, 241, undefined],
])(
  'while another run mints, a run looks again after a wait: %i in a row, after %i seconds, at %i',
  ([count, passed, expected]) => {
    const result = { ...REPLACING, expires_at: NOW + 1, parameter_version: 1 };
    const progress = soFar(count, (NOW + passed) * 1_000);
    expect(fromNow(nextLook(result, { issued_at: NOW }, POLICY, progress))).toBe(expected);
  },
);

const at = (seconds: number) => (NOW + seconds) * 1_000;
test.for<[string, number, RefreshErrorDetails, number | undefined, RefreshErrorCode?]>([
  ['a minute after the first failure', 1, {}, 60],
  ['two minutes after the second failure', 2, {}, 120],
  ['when the endpoint allows it', 1, { notBefore: at(90) }, 90],
  ['in the whole second after the endpoint allows it', 1, { notBefore: at(90) + 1 }, 91],
  ['no sooner because the endpoint allows that', 1, { notBefore: at(10) }, 60],
  ['when the rate limit resets', 1, { resetAt: at(90) }, 90, 'RATE_LIMITED'],
  ['not at all if the rate limit resets later', 1, { resetAt: at(LATEST + 1) }, undefined, 'RATE_LIMITED'],
  ['a minute after an outage, although a rate limit resets later', 1, { resetAt: at(90) }, 60],
  [
    'when Retry-After says, rather than at the reset',
    1,
    { notBefore: at(90), resetAt: at(100) },
    90,
    'RATE_LIMITED',
  ],
  ['at its latest moment', 1, { notBefore: at(LATEST) }, LATEST],
  ['not at all if the endpoint allows it later', 1, { notBefore: at(LATEST + 1) }, undefined],
])('a run tries again %s', ([, count, details, expected, code = 'ENDPOINT_UNAVAILABLE']) => {
  const failure = new RefreshError(code, 'why', details);
  expect(fromNow(nextRetry(failure, soFar(count)))).toBe(expected);
});

test('a run does not try again after a failure that does not pass by itself', () => {
  expect(nextRetry(new RefreshError('CLIENT_REJECTED', 'why'), soFar(1))).toBeUndefined();
});
