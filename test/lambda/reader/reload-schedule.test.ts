import { describe, expect, test } from 'vitest';
import { createHeldToken } from '../../../lambda/reader/held-token.ts';
import { createReloadSchedule, type Outcome } from '../../../lambda/reader/reload-schedule.ts';

const NOW = 1_800_000_000;
const HOUR = 3_600;

interface Options {
  /** Seconds from now. */
  readonly token?: { readonly issued?: number; readonly ends: number; readonly refresh?: number };
  readonly required?: number;
  readonly jitter?: number;
}
/** A schedule. Its times are seconds after the start. */
function createSchedule({ token, required = 0, jitter = 1 }: Options = {}) {
  const state = { now: 0, random: () => jitter, plans: 0 };
  const now = () => (NOW + state.now) * 1_000;
  const held = createHeldToken(now);
  if (token !== undefined) {
    const { issued = 0, ends, refresh } = token;
    held.offer({
      ...{ access_token: 'token', token_type: 'Bearer', source: '' },
      ...{ issued_at: NOW + issued, expires_at: NOW + ends },
      ...(refresh !== undefined && { refresh_at: NOW + refresh }),
    });
  }
  const onPlanned = () => {
    state.plans += 1;
  };
  const seams = { now, random: () => state.random(), sleep: async () => undefined };
  const schedule = createReloadSchedule(held, { required, preferred: required }, onPlanned, seams);
  return {
    ...{ state, schedule },
    plan: (outcome: Outcome, startedAt = state.now) => schedule.plan(outcome, (NOW + startedAt) * 1_000),
    lookAt: () => schedule.plannedLookAt() / 1_000 - NOW,
    nextLookAt: () => schedule.nextLookAt() / 1_000 - NOW,
    /** Whether a load may be made at these moments. */
    mayLoadAt: (moments: readonly number[], seconds = required) =>
      moments.map((at) => {
        state.now = at;
        return schedule.mayLoad(seconds);
      }),
  };
}

describe('the look for a new token', () => {
  test.for<[string, Required<Pick<Options, 'token'>>['token'], number, number, number, number]>([
    // Seconds before the end with all of the jitter, with half of it, and without.
    ['an hour', { ends: HOUR }, 0, 1_440, 900, 360],
    ['a day', { ends: 24 * HOUR }, 0, 1_440, 900, 360],
    ['a minute', { ends: 60 }, 0, 24, 15, 6],
    ['an hour, 1 second of which is over', { issued: -1, ends: HOUR - 1 }, 0, 1_440, 900, 360],
    ['an hour, if reads need 361 seconds', { ends: HOUR }, 361, 1_440, 900.5, 361],
    ['an hour, if reads need 1500 seconds', { ends: HOUR }, 1_500, 1_860, 1_680, 1_500],
  ])(
    'comes in the last part of the life of a token that is valid for %s',
    ([, token, required, ...expected]) => {
      const looks = [1, 0.5, 0].map((jitter) => {
        const { plan, lookAt } = createSchedule({ token, required, jitter });
        plan('better');
        return token.ends - lookAt();
      });
      expect(looks.map((before) => Math.round(before * 1_000) / 1_000)).toEqual(expected);
    },
  );

  test.for([
    [0, 102],
    [1, 106],
  ])(
    'comes soon after the moment at which the refresher replaces the token (jitter %d)',
    ([jitter, expected]) => {
      const { plan, lookAt } = createSchedule({
        token: { ends: HOUR, refresh: 100 },
        jitter: jitter as number,
      });
      plan('better');
      expect(lookAt()).toBe(expected);
    },
  );

  test('is planned once for each token', () => {
    const { state, plan, lookAt } = createSchedule({ token: { ends: HOUR } });
    expect(lookAt()).toBe(Number.NEGATIVE_INFINITY);
    plan('better');
    state.random = () => 0;
    plan('same');
    expect(lookAt()).toBe(HOUR - 1_440);
    plan('better');
    expect(lookAt()).toBe(HOUR - 360);
  });

  test.for<[string, Options['token'], number]>([
    ['at the planned moment', { ends: HOUR }, HOUR - 1_440],
    ['after the wait since the latest load', { issued: 1 - HOUR, ends: 1_441 }, 2],
    ['when the next token may have revoked it', { ends: HOUR, refresh: 100 }, 100],
  ])('is needed %s', ([, token, expected]) => {
    const { plan, nextLookAt } = createSchedule({ ...(token && { token }) });
    plan('better');
    plan('same');
    expect(nextLookAt()).toBe(expected);
  });

  test.for<[string, Options, Outcome, number, boolean]>([
    ['not before its moment', { token: { ends: HOUR } }, 'better', HOUR - 1_440.001, false],
    ['from its moment on', { token: { ends: HOUR } }, 'better', HOUR - 1_440, true],
    ['not before the wait since the latest load ends', { token: { ends: 100 } }, 'same', 1.999, false],
    ['once the wait since the latest load has ended', { token: { ends: 100 } }, 'same', 2, true],
    ['not while Parameter Store throttles', { token: { ends: 9_000 } }, 'throttled', 1.999, false],
  ])('is due %s', ([, options, outcome, at, expected]) => {
    const { state, schedule, plan } = createSchedule(options);
    plan(outcome);
    state.now = at;
    expect(schedule.isLookDue(0)).toBe(expected);
  });

  test('is not due while the pace of retries pauses, although the wait since the latest load has ended', () => {
    const { state, schedule, plan } = createSchedule({ token: { ends: 100 } });
    let draws = 0;
    // Two seconds until the next attempt, and one until the next load.
    state.random = () => {
      draws += 1;
      return draws === 1 ? 1 : 0;
    };
    plan('throttled');
    state.now = 1.999;
    expect([schedule.mayLoad(0), schedule.isLookDue(0)]).toEqual([true, false]);
    state.now = 2;
    expect(schedule.isLookDue(0)).toBe(true);
  });
});

describe('loads in a row without a better token', () => {
  test.for<[string, Options, Outcome, number]>([
    ['count if the token is the same', { token: { ends: HOUR } }, 'same', 4],
    ['do not count if there is a better one', { token: { ends: HOUR } }, 'better', 0],
    ['count if they are throttled while a token is served', { token: { ends: 1 } }, 'throttled', 4],
    ['count if they fail while a token is served', { token: { ends: 1 } }, 'failing', 4],
    ['do not count if they are throttled after the end of the token', { token: { ends: 0 } }, 'throttled', 3],
    ['do not count if they fail after the end of the token', { token: { ends: 0 } }, 'failing', 3],
    [
      'do not count if they fail and reads need more validity',
      { token: { ends: 60 }, required: 60 },
      'failing',
      3,
    ],
    ['count if there is no token', {}, 'same', 4],
    ['are at least three if the token is overdue', { token: { ends: HOUR, refresh: 0 } }, 'better', 3],
    ['count from three if the token is overdue', { token: { ends: HOUR, refresh: 0 } }, 'same', 6],
  ])('%s', ([, options, outcome, expected]) => {
    const { schedule, plan } = createSchedule(options);
    for (let load = 0; load < 3; load += 1) plan('same');
    plan(outcome);
    expect(schedule.fruitless).toBe(expected);
    schedule.forgetFruitless();
    expect(schedule.fruitless).toBe(0);
  });

  test.for<[string, Options, number]>([
    ['90 seconds', { token: { issued: 3 - HOUR, ends: 3 } }, 90],
    ['90 seconds while a token of a day is served', { token: { ends: 24 * HOUR } }, 90],
    ['as long as the lifetime says', { token: { ends: 1_800 } }, 45],
    ['40 seconds for short-lived tokens', { token: { ends: 1_599 } }, 40],
    ['40 seconds without a token', {}, 40],
    ['40 seconds after the end of the token', { token: { issued: -HOUR, ends: 0 } }, 40],
    ['40 seconds if the token is overdue', { token: { ends: HOUR, refresh: 0 } }, 40],
    ['90 seconds until it is overdue', { token: { ends: HOUR, refresh: 1 } }, 90],
  ])('lead to waits of at most %s', ([, options, seconds]) => {
    const { plan, mayLoadAt } = createSchedule(options);
    for (let load = 0; load < 9; load += 1) plan('same');
    expect(mayLoadAt([seconds - 0.001, seconds], -9_999)).toEqual([false, true]);
  });
});

describe('a load', () => {
  test.for<[string, Options, Outcome, number, readonly number[], readonly boolean[]]>([
    ['waits after one that found the same', { token: { ends: HOUR } }, 'same', 0, [1.999, 2], [false, true]],
    ['does not wait before the first', {}, 'same', 0, [2], [true]],
    ['waits while there is no token', {}, 'same', 0, [0, 1.999, 2], [false, false, true]],
    ['waits as the pace of retries says', { token: { ends: 0 } }, 'failing', 0, [0.999, 1], [false, true]],
    [
      'waits as usual after a failure while the token is good',
      { token: { ends: HOUR } },
      'failing',
      0,
      [1, 1.999, 2],
      [false, false, true],
    ],
    [
      'waits as the pace of retries says if a read needs more validity',
      { token: { ends: 60 } },
      'failing',
      60,
      [0.999, 1],
      [false, true],
    ],
    ['does not wait if the clock was set back', {}, 'same', 0, [-0.001], [true]],
    ['does not wait for the end of a token', { token: { ends: 1 } }, 'same', 0, [0.999, 1], [false, true]],
    ['waits if the token had ended before', { token: { ends: 0 } }, 'same', 0, [0, 1], [false, false]],
    [
      'does not wait once a read needs more validity',
      { token: { ends: 61 } },
      'same',
      60,
      [0.999, 1],
      [false, true],
    ],
    [
      'waits if a read needed more validity before',
      { token: { ends: 60 } },
      'same',
      60,
      [0, 1],
      [false, false],
    ],
  ])('%s', ([, options, outcome, required, moments, expected]) => {
    const { plan, mayLoadAt } = createSchedule(options);
    expect(mayLoadAt([0])).toEqual([true]);
    plan(outcome);
    expect(mayLoadAt(moments, required)).toEqual(expected);
  });

  test('counts from the clock that was set back during it', () => {
    const { schedule, plan, mayLoadAt } = createSchedule();
    plan('failing', 5);
    expect(schedule.pace.since / 1_000 - NOW).toBe(0);
    expect(mayLoadAt([0.999, 1], 0)).toEqual([false, true]);
  });

  test('begins the pace of retries from its start', () => {
    const { schedule, plan } = createSchedule();
    plan('failing', -3);
    expect(schedule.pace.since / 1_000 - NOW).toBe(-3);
  });

  test.for<[Outcome, boolean]>([
    ['better', false],
    ['same', false],
    ['throttled', true],
    ['failing', true],
  ])('that brings "%s" begins or ends the pace of retries', ([outcome, expected]) => {
    for (const former of ['same', 'failing'] as const) {
      const { schedule, state, plan } = createSchedule({ token: { ends: HOUR } });
      plan(former);
      plan(outcome);
      expect(schedule.pace.isFailing).toBe(expected);
      expect(state.plans).toBe(2);
    }
  });

  test.for<[Outcome, boolean]>([
    ['better', false],
    ['same', false],
    ['throttled', true],
    ['failing', false],
  ])('of an overdue token that brings "%s" leaves it suspect: %j', ([outcome, expected]) => {
    const { schedule, plan } = createSchedule({ token: { ends: HOUR, refresh: -10 } });
    expect(schedule.succession.isSuspect()).toBe(true);
    plan(outcome);
    expect(schedule.succession.isSuspect()).toBe(expected);
  });
});
