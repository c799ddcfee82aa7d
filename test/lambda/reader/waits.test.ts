import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { READ_LIMITS } from '../../../lambda/reader/read-parameter.ts';
import type { ParameterStoreApi } from '../../../lambda/reader/token-reader.ts';
import { createStoredParameter } from '../../support/stored-parameter.ts';
import { type Container, IN_MEMORY, WAITS, type Wait } from './waits.ts';

beforeEach(() => {
  // No region, so that only the clients of the tests have one.
  for (const name of ['AWS_REGION', 'HOME', 'USERPROFILE']) vi.stubEnv(name, undefined);
});
afterEach(() => vi.unstubAllEnvs());

const JITTER = [0, 0.25, 0.5, 0.75, 1];
/** For how long calls come every second, in seconds, and how many reads of that time count. */
const LATER = { seconds: 600, reads: 4 };

async function startContainer(jitter: number) {
  const parameter = await createStoredParameter();
  const { ssm, time } = parameter;
  const readAt: number[] = [];
  let limit: number | undefined;
  const getParameter: ParameterStoreApi['getParameter'] = async (input, options) => {
    readAt.push(time.now());
    if (limit === undefined) return ssm.getParameter(input, options);
    await time.sleep(limit);
    throw Object.assign(new Error(), { name: 'TimeoutError' });
  };
  const container: Container = {
    parameter,
    createReader: (options) => parameter.reader({ random: () => jitter, ssm: { getParameter }, ...options }),
    hang(until) {
      limit = READ_LIMITS[until];
    },
  };
  return { container, readAt };
}

async function measure({ begin, call = (reader) => reader.get() }: Wait, jitter: number) {
  const { container, readAt } = await startContainer(jitter);
  const { time } = container.parameter;
  const reader = (await begin(container)) ?? container.createReader();
  const outcome = (): Promise<unknown> =>
    call(reader).then(
      (value) => (value === 'token' ? IN_MEMORY : value),
      ({ code }: { code: string }) => code,
    );
  const startedAt = time.now();
  const before = readAt.length;
  const end = await time.until(outcome());
  const seconds = (time.now() - startedAt) / 1_000;
  await time.settle();
  const reads = readAt.length - before;
  for (let second = 0; second < LATER.seconds; second += 1) {
    void outcome();
    await time.advance(1_000);
  }
  await container.parameter.close();
  const pauses = readAt.slice(1).map((instant, index) => (instant - (readAt[index] ?? 0)) / 1_000);
  return { end, seconds, reads, pause: Math.max(0, ...pauses.slice(-LATER.reads)) };
}

test.for(WAITS)('$situation: a call waits, reads and ends as docs/consumers.md says', async (wait) => {
  const measured = await Promise.all(JITTER.map((jitter) => measure(wait, jitter)));
  const most = (field: 'seconds' | 'reads' | 'pause') => Math.max(...measured.map((one) => one[field]));
  expect(new Set(measured.map(({ end }) => end))).toEqual(new Set([wait.end]));
  expect({ seconds: most('seconds'), reads: most('reads'), pause: most('pause') }).toEqual({
    seconds: wait.seconds,
    reads: wait.reads,
    pause: wait.pause,
  });
});
