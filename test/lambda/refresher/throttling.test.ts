import { expect, test } from 'vitest';
import { waitOutThrottling } from '../../../lambda/refresher/throttling.ts';
import { RefreshError } from '../../../lambda/shared/refresh-error.ts';
import { createTestClock } from '../../support/test-clock.ts';

const throttled = new RefreshError('STORE_UNAVAILABLE', 'x', { reason: 'ThrottlingException' });
const denied = new RefreshError('STORE_UNAVAILABLE', 'x', { reason: 'AccessDeniedException' });
const unnamed = new RefreshError('STORE_UNAVAILABLE', 'x');
const defect = new TypeError('x');

/** A report whose attempts fail with these errors, in a run that ends in `left` seconds. */
const report = async (errors: readonly Error[], { left = 40, random = 0 } = {}) => {
  const clock = createTestClock();
  const failures = [...errors];
  const attempt = async () => {
    const failure = failures.shift();
    if (failure !== undefined) throw failure;
    return 'done';
  };
  const time = { clock, deadline: clock.now() + left * 1_000, random: () => random };
  const end = await waitOutThrottling(attempt, time).catch((error: unknown) => error);
  return { end, sleeps: clock.sleeps };
};

test.for<[string, readonly Error[], { left?: number; random?: number }, unknown, readonly number[]]>([
  ['does not wait if nothing fails', [], {}, 'done', []],
  ['waits for a second at least', [throttled], {}, 'done', [1_000]],
  ['waits for five seconds at most', [throttled], { random: 1 }, 'done', [5_000]],
  ['waits as often as it takes', [throttled, throttled], { random: 0.5 }, 'done', [3_000, 3_000]],
  ['waits until its deadline', [throttled], { left: 1 }, 'done', [1_000]],
  ['does not wait past its deadline', [throttled], { left: 0.999 }, throttled, []],
  ['does not wait after another failure', [denied], {}, denied, []],
  ['does not wait after a failure without a reason', [unnamed], {}, unnamed, []],
  ['does not wait after a defect', [defect], {}, defect, []],
])('while AWS throttles, a report %s', async ([, errors, options, end, sleeps]) => {
  expect(await report(errors, options)).toEqual({ end, sleeps });
});
