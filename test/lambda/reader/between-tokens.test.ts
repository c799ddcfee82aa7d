import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createRandom } from '../../support/random.ts';
import {
  createStoredParameter,
  DOWN,
  type StoredParameter,
  THROTTLED,
} from '../../support/stored-parameter.ts';

let parameter: StoredParameter;

beforeEach(async () => {
  parameter = await createStoredParameter();
  await parameter.put('first');
});
afterEach(() => parameter.close());

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const codeOf = (reading: Promise<string>): Promise<string> =>
  reading.catch((error: { code: string }) => error.code);
/** Reads at `at` milliseconds before or after the end of the token, which another one replaces at `replacedAt`. */
const readAround = async (
  at: number,
  {
    replacedAt,
    minimumValidity,
    seed = 1,
    looks = true,
  }: {
    replacedAt?: number;
    minimumValidity?: number;
    seed?: number;
    looks?: boolean;
  },
) => {
  const reader = parameter.reader({ random: createRandom(seed) });
  await reader.get();
  if (looks) {
    // A look that finds no other token.
    await parameter.time.advance(HOUR - 300 * SECOND);
    await parameter.time.until(reader.get());
    await parameter.time.advance(300 * SECOND + at);
  } else {
    await parameter.time.advance(HOUR + at);
  }
  if (replacedAt !== undefined)
    void parameter.time.sleep(replacedAt - at).then(() => parameter.put('second'));
  const asked = parameter.time.now();
  const before = parameter.reads();
  const answer = await parameter.time.until(
    codeOf(reader.get(minimumValidity === undefined ? undefined : { minimumValidity })),
  );
  return { answer, waited: parameter.time.now() - asked, loads: parameter.reads() - before };
};

describe('a read around the end of a token', () => {
  test.for([1, 2, 3, 4, 5, 6, 7, 8])(
    'waits for the next token, which is stored two seconds later (seed %i)',
    async (seed) => {
      const read = await readAround(0, { replacedAt: 2 * SECOND, seed });
      expect(read.answer).toBe('second');
      expect(read.waited).toBeLessThan(8 * SECOND);
      expect(read.loads).toBeLessThanOrEqual(2);
    },
  );

  test('finds the next token at once if it is stored and the reader has not looked before', async () => {
    await parameter.put('second', { lifetime: 2 * 3_600 });
    const reader = parameter.reader();
    await parameter.put('first');
    await reader.get();
    await parameter.put('second', { lifetime: 2 * 3_600 });
    await parameter.time.advance(HOUR);
    const asked = parameter.time.now();
    expect(await parameter.time.until(reader.get())).toBe('second');
    expect(parameter.time.now()).toBe(asked);
  });

  test.for([
    ['waits at the end, as others would ask then,', 0, 1],
    ['asks at once after that', 1.5, 0],
  ] as const)('that has looked before %s', async ([, at, least]) => {
    const reader = parameter.reader();
    await reader.get();
    await parameter.time.advance(HOUR - 300 * SECOND);
    await parameter.time.until(reader.get());
    await parameter.time.advance((300 + at) * SECOND);
    await parameter.put('second');
    const asked = parameter.time.now();
    expect(await parameter.time.until(reader.get())).toBe('second');
    const waited = (parameter.time.now() - asked) / SECOND;
    expect(waited).toBeGreaterThanOrEqual(least);
    expect(waited).toBeLessThanOrEqual(least * 5);
  });

  test.for([
    ['gives up after ten seconds', 0, undefined, 'TOKEN_EXPIRED', 10],
    ['waits if the token has just expired', 5, 7, 'second', 10],
    ['fails at once if the token expired long ago', 11, 13, 'TOKEN_EXPIRED', 0],
  ] as const)('%s', async ([, at, replacedAt, answer, longest]) => {
    const read = await readAround(at * SECOND, {
      ...(replacedAt !== undefined && { replacedAt: replacedAt * SECOND }),
    });
    expect(read.answer).toBe(answer);
    expect(read.waited).toBeLessThanOrEqual(longest * SECOND);
    expect(read.loads).toBeLessThan(6);
  });

  test.for([
    ['waits if less than five seconds are left', 4, 'second'],
    ['fails at once if more are left', 6, 'VALIDITY_TOO_SHORT'],
  ] as const)('that requires a minute %s', async ([, left, answer]) => {
    const read = await readAround(-left * SECOND, { replacedAt: 2 * SECOND, minimumValidity: 60 });
    expect(read.answer).toBe(answer);
    if (answer === 'second') expect(read.waited).toBeGreaterThan(left * SECOND);
    else expect(read.waited).toBe(0);
  });

  test.for([
    ['throttles for half a minute', THROTTLED, 30],
    ['fails for five seconds', DOWN, 5],
  ] as const)('gets the next token although Parameter Store %s', async ([, fault, seconds]) => {
    const reader = parameter.reader();
    await reader.get();
    await parameter.time.advance(HOUR);
    const restore = parameter.fail(fault);
    void parameter.time.sleep(seconds * SECOND).then(async () => {
      restore();
      await parameter.put('second');
    });
    // The later reads begin when the token has ended long ago.
    const later = [15, 25].map((delay) => parameter.time.sleep(delay * SECOND).then(() => reader.get()));
    const reads = Promise.all([reader.get(), ...later]);
    expect(new Set(await parameter.time.until(reads))).toEqual(new Set(['second']));
  });

  test('fails after one load if Parameter Store denies access', async () => {
    const reader = parameter.reader();
    await reader.get();
    await parameter.time.advance(HOUR);
    parameter.fail({ status: 400, type: 'AccessDeniedException', message: 'not authorized' });
    const before = parameter.reads();
    const asked = parameter.time.now();
    expect(await parameter.time.until(codeOf(reader.get()))).toBe('ACCESS_DENIED');
    expect(parameter.time.now() - asked).toBe(0);
    expect(parameter.reads() - before).toBe(1);
  });

  test('ends with the reason of its signal if that aborts first', async () => {
    const reader = parameter.reader();
    await reader.get();
    await parameter.time.advance(HOUR);
    const abort = new AbortController();
    const reading = reader.get({ signal: abort.signal }).catch((error: unknown) => error);
    void parameter.time.sleep(SECOND).then(() => abort.abort(new Error('of the caller')));
    expect(await parameter.time.until(reading)).toMatchObject({ message: 'of the caller' });
  });

  test('shares its loads with all reads of the container', async () => {
    const reader = parameter.reader();
    await reader.get();
    await parameter.time.advance(HOUR);
    void parameter.time.sleep(2 * SECOND).then(() => parameter.put('second'));
    const before = parameter.reads();
    const reads = Promise.all(Array.from({ length: 1_000 }, () => reader.get()));
    expect(new Set(await parameter.time.until(reads))).toEqual(new Set(['second']));
    expect(parameter.reads() - before).toBeLessThanOrEqual(3);
  });

  test('ends within ten seconds if the clock is set back during the wait', async () => {
    let ahead = 0;
    const reader = parameter.reader({ now: () => parameter.time.now() + ahead });
    await reader.get();
    await parameter.time.advance(HOUR);
    const asked = parameter.time.now();
    const reading = codeOf(reader.get());
    await parameter.time.settle();
    ahead = -600 * SECOND;
    const before = parameter.reads();
    expect(await parameter.time.until(reading)).toBe('first');
    // The token in memory is valid again.
    expect(parameter.reads() - before).toBe(1);
    expect(parameter.time.now() - asked).toBeLessThanOrEqual(10 * SECOND);
  });

  test('loads again if the container was frozen during the wait', async () => {
    let frozen = 0;
    const reader = parameter.reader({ now: () => parameter.time.now() + frozen });
    await reader.get();
    await parameter.time.advance(HOUR);
    const first = codeOf(reader.get());
    await parameter.time.settle();
    await parameter.put('second', { lifetime: 2 * 3_600 });
    frozen = 600 * SECOND;
    const second = codeOf(reader.get());
    expect(await parameter.time.until(Promise.all([first, second]))).toEqual(['second', 'second']);
  });
});
