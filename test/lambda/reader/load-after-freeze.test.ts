import { expect, test } from 'vitest';
import { loadAfterFreeze } from '../../../lambda/reader/load-after-freeze.ts';
import { failed, type Loaded } from '../../../lambda/reader/load-parameter.ts';

const FAILED = failed('STORE_UNAVAILABLE', 'of the test');
const tokenOf = (access_token: string): Loaded => ({
  type: 'token',
  token: { access_token, token_type: 'Bearer', issued_at: 1, expires_at: 2, source: '' },
});
const [FIRST, SECOND] = [tokenOf('first'), tokenOf('second')];

test.for<[string, Loaded, number, readonly [Loaded, number][]]>([
  ['a load that takes as long as a load can take', FIRST, 20_000, [[FIRST, 0]]],
  ['the same if it fails', FAILED, 20_000, [[FAILED, 0]]],
  [
    'a token of a longer load, and the load after it',
    FIRST,
    20_001,
    [
      [FIRST, 0],
      [SECOND, 20_001],
    ],
  ],
  ['only the load after a longer one that fails', FAILED, 20_001, [[SECOND, 20_001]]],
])('a reader counts %s, from its start', async ([, loaded, milliseconds, expected]) => {
  let now = 0;
  const answers = [loaded, SECOND];
  const counted: [Loaded, number][] = [];
  const load = loadAfterFreeze(
    async () => {
      now += milliseconds;
      return answers.shift() ?? FAILED;
    },
    (...counts) => void counted.push(counts),
    () => now,
  );
  expect(await load()).toBe(expected.at(-1)?.[0]);
  expect(counted).toEqual(expected);
});
