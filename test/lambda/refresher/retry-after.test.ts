import { expect, test } from 'vitest';
import { parseDelay, parseRetryAfter } from '../../../lambda/refresher/retry-after.ts';

const NOW = Date.parse('2030-01-01T00:00:00Z');

test.for<[string | null, number | undefined]>([
  ['3', 3_000],
  ['0', 0],
  [' 120 ', 120_000],
  ['Tue, 01 Jan 2030 00:01:00 GMT', 60_000],
  ['Mon, 31 Dec 2029 23:59:00 GMT', 0],
  ['-5', undefined],
  ['1.5', undefined],
  ['99999999999999999999', 86_400_000],
  // Some servers send the Unix time of the reset.
  [String(NOW / 1_000 + 60), 60_000],
  [String(NOW + 60_000), 60_000],
  [String(NOW / 1_000 - 60), 0],
  ['Fri, 31 Dec 2999 23:59:59 GMT', 86_400_000],
  ['1000000000', 86_400_000],
  ['100000000000', 86_400_000],
  // A gateway may add its own to that of the server.
  ['120, 120', 120_000],
  ['5,10', 10_000],
  ['10 , 5', 10_000],
  ['soon, 5', 5_000],
  ['5, soon', 5_000],
  ['0, 0', 0],
  ['120, Tue, 01 Jan 2030 00:01:00 GMT', 120_000],
  ['30, Tue, 01 Jan 2030 00:01:00 GMT', 60_000],
  ['Tue, 01 Jan 2030 00:01:00 GMT, Tue, 01 Jan 2030 00:02:00 GMT', 120_000],
  ['Tuesday, 01-Jan-30 00:01:00 GMT, 30', 60_000],
  ['Tue Jan  1 00:01:00 2030, 30', 60_000],
  [',', undefined],
  ['on Tue, 01 Jan 2030 00:01:00 GMT', undefined],
  ['soon', undefined],
  ['', undefined],
  [null, undefined],
])('reads Retry-After %j as %j milliseconds', ([header, expected]) => {
  expect(parseRetryAfter(header, NOW)).toBe(expected);
});

test.for<[string | null, number | undefined]>([
  ['3', 3_000],
  [' 3 ', 3_000],
  ['1.5', 1_500],
  ['1.25', 1_250],
  ['0.0001', 1],
  [String(NOW / 1_000 + 60), 60_000],
  [String(NOW + 60_000), 60_000],
  ['3 seconds', undefined],
  ['in 3', undefined],
  ['-3', undefined],
  ['1e3', undefined],
  ['', undefined],
  [null, undefined],
])('reads %j in the reset of a rate limit as %j milliseconds', ([header, expected]) => {
  expect(parseDelay(header, NOW)).toBe(expected);
});
