import { expect, test } from 'vitest';
import { createAuthorizedFetch } from '../../../lambda/reader/authorized-fetch.ts';
import { createReplacementSearch } from '../../../lambda/reader/find-replacement.ts';
import { countReports, createRejectionStreak } from '../../../lambda/reader/rejection-streak.ts';
import type { Report } from '../../../lambda/reader/report-rejected.ts';
import { createTokenCache } from '../../../lambda/reader/token-cache.ts';
import { createModelStore } from '../../support/model-store.ts';
import { createRandom } from '../../support/random.ts';
import { createSimulatedTime } from '../../support/simulated-time.ts';

const READERS = 200;
const HOUR = 3_600;

/**
 * Readers send a request every `every` seconds to an API that accepts no token. The model of the refresher mints for a
 * report, and then keeps the token for a pause that doubles, from a minute to an hour.
 */
function createFleet(every: number) {
  const time = createSimulatedTime();
  const random = createRandom(1);
  const store = createModelStore(time);
  const seen = { reports: 0, mints: 0 };
  let pausedUntil = 0;
  let pause = 60;
  const mint = () => {
    const issued_at = Math.floor(time.now() / 1_000);
    store.token = {
      ...{ access_token: `token-${seen.mints}`, token_type: 'Bearer', source: '' },
      ...{ issued_at, expires_at: issued_at + HOUR },
    };
    seen.mints += 1;
  };
  mint();
  const report: Report = async () => {
    seen.reports += 1;
    if (time.now() < pausedUntil) return { type: 'answered', replacement: 'none' };
    mint();
    pausedUntil = time.now() + pause * 1_000;
    pause = Math.min(HOUR, 2 * pause);
    return { type: 'answered', replacement: 'expected' };
  };
  const refuse = async () => new Response(null, { status: 401 });
  const readers = Array.from({ length: READERS }, () => {
    const seams = { now: time.now, sleep: time.sleep, random };
    const cache = createTokenCache('/a/b', store.load, undefined, seams);
    const streak = createRejectionStreak(seams);
    const counted = countReports(report, cache, streak);
    const find = createReplacementSearch(cache, counted, streak, 10_000, seams);
    return createAuthorizedFetch(refuse, cache.get, find);
  });
  const phases = readers.map(() => Math.floor(random() * every));
  return {
    seen,
    async pass(seconds: number): Promise<void> {
      for (let second = 0; second < seconds; second += 1) {
        // The schedule replaces tokens halfway, as always.
        if ((store.token?.expires_at ?? 0) < time.now() / 1_000 + HOUR / 2) mint();
        for (const [index, send] of readers.entries()) {
          if (phases[index] !== second % every) continue;
          void send('http://api');
        }
        await time.advance(1_000);
      }
    },
  };
}

test.for([
  { every: 20, firstHour: 1_400, secondHour: 300, mints: 12 },
  { every: 60, firstHour: 1_400, secondHour: 300, mints: 12 },
])(
  '200 readers of an API that rejects every token make few reports: %j',
  async ({ every, firstHour, secondHour, mints }) => {
    const { seen, pass } = createFleet(every);
    await pass(HOUR);
    expect(seen.reports).toBeLessThanOrEqual(firstHour);
    const before = seen.reports;
    await pass(HOUR);
    expect(seen.reports - before).toBeLessThanOrEqual(secondHour);
    expect(seen.mints).toBeLessThanOrEqual(mints);
  },
);
