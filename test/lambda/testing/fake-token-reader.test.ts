import { describe, expect, expectTypeOf, test, vi } from 'vitest';
import {
  TOKEN_UNAVAILABLE_CODES,
  type TokenReader,
  TokenUnavailableError,
} from '../../../lambda/reader/token-reader.ts';
import { type FakeTokenReader, fakeTokenReader } from '../../../lambda/testing/fake-token-reader.ts';

const URL = 'https://api.example.com/trips';
/** Answers with 401 until the request has this token. */
const apiThatAccepts = (accepted: string) =>
  vi.fn<typeof fetch>(async (_, init) => {
    const isAccepted = new Headers(init?.headers).get('authorization') === `Bearer ${accepted}`;
    return new Response('{}', { status: isAccepted ? 200 : 401 });
  });

describe('the fake reader', () => {
  test('has the type of a reader', () => {
    expectTypeOf<FakeTokenReader>().toExtend<TokenReader>();
  });

  test('returns its token', async () => {
    const reader = fakeTokenReader({ token: 'my-token' });
    expect([await reader.get(), await reader.authorization()]).toEqual(['my-token', 'Bearer my-token']);
  });

  test.for([undefined, {}, { token: undefined, failure: undefined, fetch: undefined }])(
    'has a token of its own with the options %j',
    async (options) => {
      expect(await fakeTokenReader(options).get()).toBe('fake-token');
    },
  );

  test('returns each token until it is rejected, and keeps the last one', async () => {
    const reader = fakeTokenReader({ token: ['first', 'second'] });
    const got = [await reader.get(), await reader.get()];
    await reader.reject('first');
    got.push(await reader.get());
    await reader.reject('second');
    got.push(await reader.get());
    expect(got).toEqual(['first', 'first', 'second', 'second']);
    expect(reader.rejected).toEqual(['first', 'second']);
  });

  test('keeps the token if another one is rejected', async () => {
    const reader = fakeTokenReader({ token: ['second', 'third'] });
    await reader.reject('first');
    expect(await reader.get()).toBe('second');
  });

  test('returns the next token after a refresh', async () => {
    const reader = fakeTokenReader({ token: ['first', 'second'] });
    reader.nextToken();
    reader.nextToken();
    expect([await reader.get(), reader.rejected]).toEqual(['second', []]);
  });

  test('repeats a request once with the next token, and records the rejected one', async () => {
    const api = apiThatAccepts('second');
    const reader = fakeTokenReader({ token: ['first', 'second'], fetch: api });
    expect((await reader.fetch(URL)).status).toBe(200);
    expect([api.mock.calls.length, reader.rejected]).toEqual([2, ['first']]);
  });

  test('returns the 401 if there is no next token', async () => {
    const api = apiThatAccepts('another');
    expect((await fakeTokenReader({ fetch: api }).fetch(URL)).status).toBe(401);
    expect(api).toHaveBeenCalledOnce();
  });

  test('sends requests with the global fetch, also if a test replaces it later', async () => {
    const reader = fakeTokenReader({ token: 'my-token' });
    vi.stubGlobal('fetch', apiThatAccepts('my-token'));
    expect((await reader.fetch(URL)).status).toBe(200);
    vi.unstubAllGlobals();
  });

  test('records each call with its arguments', async () => {
    const reader = fakeTokenReader({ fetch: async () => new Response() });
    const { signal } = new AbortController();
    await reader.get({ minimumValidity: 600 });
    await reader.authorization();
    await reader.fetch(URL, { method: 'POST', signal });
    await reader.fetch(new globalThis.URL(URL));
    await reader.fetch(new Request(URL));
    // As of the package undici.
    await reader.fetch({ url: URL, headers: [], body: null } as unknown as Request);
    await reader.reject('a-token');
    expect(reader.calls).toEqual([
      { method: 'get', options: { minimumValidity: 600 } },
      { method: 'authorization', options: undefined },
      { method: 'fetch', url: URL, init: { method: 'POST', signal } },
      { method: 'fetch', url: URL, init: undefined },
      { method: 'fetch', url: URL, init: undefined },
      { method: 'fetch', url: URL, init: undefined },
      { method: 'reject', token: 'a-token' },
    ]);
  });

  test.for([
    ['no token', []],
    ['an empty token', ''],
    ['a token with a space', ['good', 'two words']],
  ] as const)('cannot be created with %s', ([, token]) => {
    expect(() => fakeTokenReader({ token })).toThrow(
      new TypeError('fakeTokenReader: every token must be visible ASCII, and there must be at least one'),
    );
  });

  test.for(['', 'two words', undefined as unknown as string])(
    'refuses to reject %j, which is not a token',
    async (token) => {
      const reader = fakeTokenReader();
      const refusal = new TypeError('reject needs a token as returned by get()');
      await expect(reader.reject(token)).rejects.toThrow(refusal);
      expect([reader.calls, reader.rejected]).toEqual([[{ method: 'reject', token }], []]);
    },
  );

  test.for(['get', 'authorization'] as const)(
    'refuses a minimumValidity in %s that the reader refuses',
    async (method) => {
      const refusal = 'minimumValidity must be a number of seconds, 0 or more, got -1';
      await expect(fakeTokenReader()[method]({ minimumValidity: -1 })).rejects.toThrow(
        new TypeError(refusal),
      );
    },
  );
});

describe('a fake reader that fails', () => {
  const read = (reader: TokenReader) => [reader.get(), reader.authorization(), reader.fetch(URL)];

  test.for(TOKEN_UNAVAILABLE_CODES.filter((code) => code !== 'REPORT_FAILED'))(
    'fails every read with %s, as the reader does',
    async (code) => {
      const reader = fakeTokenReader({ failure: code });
      const { retryable } = new TokenUnavailableError({ code, text: '' });
      for (const result of read(reader)) {
        const error = await result.catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(TokenUnavailableError);
        expect(error).toMatchObject({ code, retryable, message: `${code}: the test makes the reader fail.` });
      }
      expect(reader.calls.length).toBe(3);
    },
  );

  test.for(TOKEN_UNAVAILABLE_CODES)('fails reject with %s only if the reader does', async (code) => {
    const reported = fakeTokenReader({ failure: code }).reject('fake-token');
    if (code !== 'REPORT_FAILED' && code !== 'CONFIGURATION_INVALID') return reported;
    await expect(reported).rejects.toMatchObject({ code });
  });

  test('succeeds again when the failure ends', async () => {
    const reader = fakeTokenReader();
    reader.failWith('STORE_UNAVAILABLE');
    await expect(reader.get()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    reader.failWith(undefined);
    expect(await reader.get()).toBe('fake-token');
  });

  test('still returns the token if only reports fail, and a 401 reaches the caller', async () => {
    const reader = fakeTokenReader({
      token: ['first', 'second'],
      failure: 'REPORT_FAILED',
      fetch: apiThatAccepts('second'),
    });
    await expect(reader.reject('first')).rejects.toMatchObject({ code: 'REPORT_FAILED' });
    expect((await reader.fetch(URL)).status).toBe(401);
    expect([await reader.get(), reader.rejected]).toEqual(['first', ['first', 'first']]);
  });
});
