/**
 * Compares a cached `get()` with a plain async function that returns a value. Rounds of both alternate in one process,
 * so that other load on the machine affects both, and the median ratio counts.
 */
import { createTokenCache } from '../lambda/reader/token-cache.ts';

/** A cached read may take this many times as long as the plain function. */
const LIMIT = 2;
const ROUNDS = 301;
const READS_PER_ROUND = 10_000;

const access_token = 'a-token-of-the-usual-length'.repeat(30);
const issued_at = Math.floor(Date.now() / 1_000);
const expires_at = issued_at + 3_600;
const token = { access_token, token_type: 'Bearer', issued_at, expires_at, source: '' } as const;
const seams = { now: Date.now, random: Math.random, sleep: async () => undefined };
const cache = createTokenCache('/bench', async () => ({ type: 'token', token }), undefined, seams);
const plain = async () => access_token;

const timeOf = async (read: () => Promise<string>): Promise<number> => {
  const startedAt = process.hrtime.bigint();
  for (let index = 0; index < READS_PER_ROUND; index += 1) await read();
  return Number(process.hrtime.bigint() - startedAt) / READS_PER_ROUND;
};
const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

const rounds: { readonly cached: number; readonly bare: number }[] = [];
for (let round = 0; round < ROUNDS; round += 1)
  rounds.push({ cached: await timeOf(cache.get), bare: await timeOf(plain) });
const ratio = median(rounds.map(({ cached, bare }) => cached / bare));
const [cached, bare] = [median(rounds.map((r) => r.cached)), median(rounds.map((r) => r.bare))];
console.log(
  `cached get(): ${ratio.toFixed(2)} times a plain async function, at most ${LIMIT} ` +
    `(${cached.toFixed(0)} ns and ${bare.toFixed(0)} ns, medians of ${ROUNDS} rounds)`,
);
if (!(ratio <= LIMIT)) process.exitCode = 1;
