import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createKeys, type Keys, type KeyTools } from '../../../local/demo/keys.ts';
import { type LocalSystem, startSystem } from '../../../local/demo/local-system.ts';
import { createNaiveConsumer } from '../../../local/demo/naive-consumer.ts';
import { createReadingConsumer } from '../../../local/demo/reading-consumer.ts';
import type { InvocationResult } from '../../../local/function-runtime.ts';

let system: LocalSystem;
let tools: KeyTools;
let keys: Keys;
let call: {
  reading: ReturnType<typeof createReadingConsumer>;
  naive: ReturnType<typeof createReadingConsumer>;
};
/** Milliseconds that the naive consumer's clock is ahead. */
let ahead = 0;
const events: string[] = [];
const runs: { cause: string; answer: InvocationResult }[] = [];

beforeAll(async () => {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
  system = await startSystem();
  system.runs.ended = (cause, answer) => runs.push({ cause, answer });
  tools = {
    log: (text) => events.push(text),
    run: system.runs.run,
    // Old enough to be replaced.
    secondsLeft: () => 0,
    sleep: () => Promise.reject(new Error('this token needs no wait')),
  };
  keys = createKeys(system, tools);
  call = {
    reading: createReadingConsumer(system),
    naive: createNaiveConsumer(system, () => Date.now() + ahead).call,
  };
  await system.putCredentials();
  await system.runs.run({}, 'schedule');
});
afterAll(() => system[Symbol.asyncDispose]());

test('both consumers work at first', async () => {
  expect(await call.reading()).toEqual({ ok: true, retried: false });
  expect(await call.naive()).toEqual({ ok: true, retried: false });
});

test('d: while the token server is down, the reader has the stored token, and the naive consumer none once its own ends', async () => {
  await keys.d();
  expect(await call.reading()).toMatchObject({ ok: true });
  expect(await call.naive()).toMatchObject({ ok: true });
  ahead += 90_000;
  expect(await call.naive()).toEqual({ ok: false, reason: 'no token: ECONNREFUSED' });
  expect(await call.reading()).toMatchObject({ ok: true });
  await keys.d();
  expect(await call.naive()).toMatchObject({ ok: true });
  expect(events.splice(0)).toEqual(['you: authorization server down', 'you: authorization server up']);
});

test('l: while the token server limits requests, a naive consumer without a token fails', async () => {
  await keys.l();
  ahead += 90_000;
  expect(await call.naive()).toEqual({
    ok: false,
    reason: 'no token: the authorization server answered 429',
  });
  expect(await call.reading()).toMatchObject({ ok: true });
  await keys.l();
  expect(events.splice(0)).toEqual(['you: rate limit on', 'you: rate limit off']);
});

test('c: the next check mints with the new credentials', async () => {
  await keys.c();
  await system.runs.run({}, 'schedule');
  expect(runs.at(-1)?.answer).toMatchObject({ result: { outcome: 'minted', reason: 'source-changed' } });
  ahead += 90_000;
  expect(await call.naive()).toMatchObject({ ok: true });
  expect(events.splice(0)).toEqual(['you: credentials rotated']);
});

test('f: a refresh mints at once', async () => {
  await keys.f();
  expect(runs.at(-1)).toMatchObject({
    cause: 'you',
    answer: { result: { outcome: 'minted', reason: 'forced' } },
  });
});

test('r: after all tokens are revoked, the API rejects them, and the reader reports the stored one', async () => {
  await keys.r();
  expect(await call.naive()).toEqual({ ok: false, reason: 'the API answered 401' });
  // The first 401 makes the reader load the stored token, the second makes it report that one.
  const before = runs.length;
  for (const _ of [1, 2]) expect(await call.reading()).toEqual({ ok: false, reason: 'the API answered 401' });
  expect(runs.slice(before)).toMatchObject([
    { cause: 'report', answer: { result: { outcome: 'kept', reason: 'just-minted' } } },
  ]);
  expect(events.splice(0)).toEqual(['you: all tokens revoked']);
});

test('r: waits until the stored token is old enough to be replaced', async () => {
  const waits: number[] = [];
  const waiting = createKeys(system, {
    ...tools,
    secondsLeft: () => 85,
    sleep: async (milliseconds) => void waits.push(milliseconds),
  });
  await waiting.r();
  expect(waits).toEqual([4_000]);
  expect(events.splice(0)).toEqual([
    'you: revoking all tokens in 4 s, when they are old enough to replace',
    'you: all tokens revoked',
  ]);
});
