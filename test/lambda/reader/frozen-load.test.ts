import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ParameterStoreApi, TokenReader } from '../../../lambda/reader/token-reader.ts';
import { createStoredParameter, DOWN, type StoredParameter } from '../../support/stored-parameter.ts';

let parameter: StoredParameter;
/** By how much the clock has advanced while Lambda froze the container, in milliseconds. */
let frozen: number;
/** Ends the read that is under way: with the answer that Parameter Store gave at its start, or with an error. */
let end: { answer(): Promise<void>; fail(): Promise<void> } | undefined;
/** Whether the next read stays under way. */
let holds: boolean;

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

beforeEach(async () => {
  frozen = 0;
  end = undefined;
  holds = false;
  parameter = await createStoredParameter();
});
afterEach(() => parameter.close());

const getParameter: ParameterStoreApi['getParameter'] = async (input, options) => {
  const { ssm, time } = parameter;
  const answer = await ssm.getParameter(input, options);
  if (!holds) return answer;
  holds = false;
  const held = Promise.withResolvers<typeof answer>();
  end = {
    answer: () => {
      held.resolve(answer);
      return time.settle();
    },
    fail: () => {
      held.reject(Object.assign(new Error(), { name: 'TimeoutError' }));
      return time.settle();
    },
  };
  return held.promise;
};

/** A reader that holds the first token. Its look for the next one is under way. */
async function readerThatLooks(): Promise<TokenReader> {
  await parameter.put('first');
  const reader = parameter.reader({ ssm: { getParameter }, now: () => parameter.time.now() + frozen });
  await reader.get();
  await parameter.time.advance(45 * 60 * SECOND);
  holds = true;
  expect(await reader.get()).toBe('first');
  await parameter.time.settle();
  return reader;
}
async function freeze(milliseconds: number): Promise<void> {
  frozen = milliseconds;
  const issued_at = Math.floor((parameter.time.now() + frozen) / SECOND) - 600;
  await parameter.put('second', { issued_at });
}
const outcomeOf = (reading: Promise<string>): Promise<string> =>
  reading.catch(({ code }: { code: string }) => code);

describe('a call after Lambda froze the container during a read of the parameter', () => {
  test.for([
    ['fails', 'fail'],
    ['brings the former token', 'answer'],
  ] as const)('gets the stored token if the read %s', async ([, how]) => {
    const reader = await readerThatLooks();
    await freeze(HOUR);
    const reading = outcomeOf(reader.get());
    await parameter.time.settle();
    await end?.[how]();
    expect(await reading).toBe('second');
  });

  test.for([
    ['failed', 'fail'],
    ['brought the former token', 'answer'],
  ] as const)('gets the stored token at once if the read %s before', async ([, how]) => {
    const reader = await readerThatLooks();
    await freeze(HOUR);
    await end?.[how]();
    const before = parameter.reads();
    expect(await outcomeOf(reader.get())).toBe('second');
    expect(parameter.reads()).toBe(before);
  });

  test('gets the token that the read brought if Parameter Store has been down since', async () => {
    const reader = await readerThatLooks();
    await parameter.put('second');
    holds = true;
    // Another look: the first one brings nothing.
    await end?.answer();
    await parameter.time.advance(90 * SECOND);
    await reader.get();
    await parameter.time.settle();
    frozen = 20 * 60 * SECOND;
    parameter.fail(DOWN);
    await end?.answer();
    expect(await outcomeOf(parameter.time.until(reader.get()))).toBe('second');
  });

  test('retries for ten seconds if Parameter Store has been down since', async () => {
    const reader = await readerThatLooks();
    // Less than two minutes: failures before that say nothing in any case.
    await parameter.time.advance(15 * 60 * SECOND - 60 * SECOND);
    await freeze(100 * SECOND);
    const restore = parameter.fail(DOWN);
    const reading = outcomeOf(reader.get());
    await parameter.time.settle();
    await end?.fail();
    void parameter.time.sleep(8 * SECOND).then(restore);
    expect(await parameter.time.until(reading)).toBe('second');
  });
});

test.for([
  ['is repeated if it took longer than any load can take', 20_001, 'second'],
  ['is not repeated if it took as long as a load can take', 20_000, 'first'],
] as const)('a read of the parameter %s', async ([, milliseconds, expected]) => {
  const reader = await readerThatLooks();
  await freeze(milliseconds);
  await end?.answer();
  await parameter.time.settle();
  expect(await reader.get()).toBe(expected);
});

test('a read that began while the token was valid for long enough does not delay one that needs another', async () => {
  const reader = await readerThatLooks();
  await parameter.put('second');
  await parameter.time.advance(4 * SECOND);
  await end?.answer();
  expect(await outcomeOf(reader.get({ minimumValidity: 898 }))).toBe('second');
});
