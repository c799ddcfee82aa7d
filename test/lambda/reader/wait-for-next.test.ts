import { expect, test } from 'vitest';
import { createHeldToken } from '../../../lambda/reader/held-token.ts';
import { isEnding, waitForNext } from '../../../lambda/reader/wait-for-next.ts';
import { createTestClock } from '../../support/test-clock.ts';

const NOW = 1_800_000_000;

test.for([
  [5.001, false],
  [5, true],
  [-10, true],
  [-10.001, false],
] as const)('a token that is valid for another %d seconds ends now: %j', ([validity, expected]) => {
  expect(isEnding(validity)).toBe(expected);
});

/** A wait that begins so many seconds after the end of the token. The moments of its loads, in seconds after that end. */
async function loadsOf(
  sinceEnd: number,
  { jitter = 0.5, hasLooked = true, answer = (_load: number): boolean => true, replacedBy = 99 } = {},
): Promise<readonly number[]> {
  const clock = createTestClock((NOW + sinceEnd) * 1_000);
  const held = createHeldToken(clock.now);
  const token = { access_token: 'first', token_type: 'Bearer', source: '' } as const;
  held.offer({ ...token, issued_at: NOW - 3_600, expires_at: NOW });
  const loads: number[] = [];
  const load = async () => {
    loads.push(clock.now() / 1_000 - NOW);
    if (loads.length === replacedBy)
      held.offer({ ...token, access_token: 'second', issued_at: NOW, expires_at: NOW + 3_600 });
    return answer(loads.length);
  };
  await waitForNext(load, held, hasLooked, { now: clock.now, sleep: clock.sleep, random: () => jitter });
  return loads;
}

test.for<[string, number, Parameters<typeof loadsOf>[1], readonly number[]]>([
  ['first loads 1 to 5 seconds after the end, and then again after 1 to 3', 0, {}, [3, 5, 7, 9]],
  ['loads early without jitter', 0, { jitter: 0 }, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
  ['loads late with all of the jitter', 0, { jitter: 1 }, [5, 8]],
  ['begins before the end', -2, {}, [3, 5, 7]],
  ['begins less than a second after the end', 0.5, {}, [3, 5, 7, 9]],
  ['begins a second after the end', 1, {}, [1, 3, 5, 7, 9, 11]],
  ['has not looked before', -2, { hasLooked: false }, [-2, 0, 2, 4, 6, 8]],
  ['finds the next token', 0, { replacedBy: 2 }, [3, 5]],
  ['fails to load', 0, { answer: (load) => load < 2 }, [3, 5]],
])('a wait for the next token that %s', async ([, sinceEnd, options, expected]) => {
  expect(await loadsOf(sinceEnd, options)).toEqual(expected);
});
