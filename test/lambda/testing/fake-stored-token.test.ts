import { describe, expect, test, vi } from 'vitest';
import { parseStored } from '../../../lambda/shared/stored-token.ts';
import { fakeStoredToken } from '../../../lambda/testing/fake-stored-token.ts';

const NOW = 1_900_000_000;

describe('the fake stored token', () => {
  test('is a record that a reader accepts', () => {
    const record = fakeStoredToken();
    expect(parseStored(JSON.stringify(record), 1)).toEqual({ state: 'token', version: 1, token: record });
  });

  test('was issued now and is valid for an hour', () => {
    vi.useFakeTimers({ now: NOW * 1_000 + 999, toFake: ['Date'] });
    expect(fakeStoredToken()).toMatchObject({ issued_at: NOW, expires_at: NOW + 3600 });
    vi.useRealTimers();
  });

  test.for<[string, Parameters<typeof fakeStoredToken>[0], object]>([
    ['the token', { access_token: 'my-token' }, { access_token: 'my-token' }],
    ['the scope', { scope: 'bookings' }, { scope: 'bookings' }],
    ['when it was issued', { issued_at: NOW }, { issued_at: NOW, expires_at: NOW + 3600 }],
    ['when it expires', { expires_at: NOW }, { issued_at: NOW - 3600, expires_at: NOW }],
    ['both times', { issued_at: NOW, expires_at: NOW + 60 }, { issued_at: NOW, expires_at: NOW + 60 }],
    ['the time of the next one', { issued_at: NOW, refresh_at: NOW + 9 }, { refresh_at: NOW + 9 }],
    ['the next one with the token', { issued_at: NOW, refresh_at: NOW }, { refresh_at: NOW }],
    ['the next one at the end', { issued_at: NOW, refresh_at: NOW + 3600 }, { refresh_at: NOW + 3600 }],
  ])('takes %s', ([, fields, expected]) => {
    expect(fakeStoredToken(fields)).toMatchObject(expected);
  });

  test('has its default for each field that is undefined', () => {
    const fields = {
      access_token: undefined,
      expires_at: undefined,
      refresh_at: undefined,
      scope: undefined,
    };
    expect(fakeStoredToken({ ...fields, issued_at: NOW })).toStrictEqual(fakeStoredToken({ issued_at: NOW }));
  });

  test.for<[string, Parameters<typeof fakeStoredToken>[0]]>([
    ['a token with a space', { access_token: 'two words' }],
    ['an end before the start', { issued_at: NOW, expires_at: NOW - 1 }],
    ['a lifetime of more than 30 days', { issued_at: NOW, expires_at: NOW + 31 * 24 * 3600 }],
    ['a fraction of a second', { issued_at: NOW + 0.5 }],
    ['a source that is not a fingerprint', { source: 'test' }],
    ['a fraction of a second as the time of the next one', { refresh_at: NOW + 0.5, issued_at: NOW }],
    ['a next one before the token', { issued_at: NOW, refresh_at: NOW - 1 }],
    ['a next one after the end', { issued_at: NOW, refresh_at: NOW + 3601 }],
  ])('refuses %s, which no refresher stores', ([, fields]) => {
    expect(() => fakeStoredToken(fields)).toThrow(
      new TypeError(
        'fakeStoredToken: no refresher would store this record. Times are whole seconds, expires_at is later than issued_at by at ' +
          'most 30 days, refresh_at is between them, the token is visible ASCII, and source is 64 hexadecimal digits.',
      ),
    );
  });
});
