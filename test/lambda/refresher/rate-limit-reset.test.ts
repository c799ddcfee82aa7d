import { expect, test } from 'vitest';
import { parseRateLimitReset } from '../../../lambda/refresher/rate-limit-reset.ts';

const NOW = Date.parse('2030-01-01T00:00:00Z');
const SOON = NOW / 1_000 + 30;

test.for<[Readonly<Record<string, string>>, number | undefined]>([
  // Okta, GitHub and X send a Unix time.
  [{ 'x-rate-limit-reset': String(SOON) }, 30_000],
  [{ 'x-ratelimit-reset': String(SOON) }, 30_000],
  [{ 'x-ratelimit-reset': `${SOON}.25` }, 30_250],
  [{ 'x-ratelimit-reset': String(SOON * 1_000) }, 30_000],
  [{ 'x-ratelimit-reset': String(SOON - 3_600) }, 0],
  // The draft, and others, send seconds.
  [{ 'ratelimit-reset': '30' }, 30_000],
  [{ 'x-ratelimit-reset': '30' }, 30_000],
  [{ 'x-ratelimit-reset-after': '1.5' }, 1_500],
  [{ ratelimit: '"default";r=0;t=30' }, 30_000],
  [{ ratelimit: '"burst";r=5;t=2, "hour";r=0;t=1800' }, 1_800_000],
  [{ ratelimit: '"burst";r=5;t=2,"hour";r=0;t=1800' }, 1_800_000],
  [{ ratelimit: 'burst;r=5;t=2, hour;r=0;t=1800' }, 1_800_000],
  [{ ratelimit: '"burst" ; r=5; t=2,  "hour" ; r=0; t=1800' }, 1_800_000],
  [{ ratelimit: 'limit=100, remaining=0, reset=5' }, 5_000],
  [{ ratelimit: 'limit=100, remaining=0, reset=5', 'x-ratelimit-reset': '60' }, 5_000],
  [{ ratelimit: '"default";r=10', 'ratelimit-reset': '7' }, 7_000],
  // The limit must be used up.
  [{ 'ratelimit-remaining': '0', 'ratelimit-reset': '30' }, 30_000],
  [{ 'ratelimit-remaining': '1', 'ratelimit-reset': '30' }, undefined],
  [{ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '30' }, 30_000],
  [{ 'x-ratelimit-remaining': '-1', 'x-ratelimit-reset': '30' }, 30_000],
  [{ 'x-ratelimit-remaining': '1', 'x-ratelimit-reset': '30' }, undefined],
  [{ 'x-ratelimit-remaining': '4999', 'x-ratelimit-reset-after': '30' }, undefined],
  [{ 'x-ratelimit-remaining': '0, 5', 'x-ratelimit-reset': '30, 3' }, 30_000],
  [{ 'x-ratelimit-remaining': '4, 5', 'x-ratelimit-reset': '30, 3' }, undefined],
  [{ 'x-ratelimit-remaining': 'many', 'x-ratelimit-reset': '30' }, undefined],
  [{ 'x-rate-limit-remaining': '0', 'x-rate-limit-reset': String(SOON) }, 30_000],
  [{ 'x-rate-limit-remaining': '1', 'x-rate-limit-reset': String(SOON) }, undefined],
  [{ 'ratelimit-remaining': '1', 'ratelimit-reset': '5', 'x-ratelimit-reset': '30' }, 30_000],
  [{ ratelimit: '"burst";r=0;t=30, "daily";r=0;t=3600' }, 3_600_000],
  [{ ratelimit: '"burst";r=5;t=2' }, undefined],
  [{ ratelimit: '"burst";r=5;t=2, "hour";r=10;t=1800' }, undefined],
  [{ ratelimit: '"burst";r=05;t=2' }, undefined],
  [{ ratelimit: '"burst";t=2' }, 2_000],
  [{ ratelimit: 'remaining=5, limit=100, reset=5' }, undefined],
  [{ ratelimit: 'limit=100, remaining=10, reset=5' }, undefined],
  [{ ratelimit: 'limit=100, reset=5' }, 5_000],
  // A mistaken value is at most a day.
  [{ 'ratelimit-reset': '999999999' }, 86_400_000],
  [{ 'x-ratelimit-reset': '99999999999999999999' }, 86_400_000],
  [{ 'x-ratelimit-reset': '6m0s' }, undefined],
  [{ 'x-ratelimit-reset': '2030-01-01T00:00:30Z' }, undefined],
  [{ 'x-ratelimit-reset': '-5' }, undefined],
  [{ 'x-ratelimit-reset': '' }, undefined],
  [{ 'x-ratelimit-remaining': '0' }, undefined],
  [{}, undefined],
])('reads %j as %j milliseconds', ([headers, expected]) => {
  expect(parseRateLimitReset(new Headers(headers), NOW)).toBe(expected);
});
