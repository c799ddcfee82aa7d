import { expect, test } from 'vitest';
import { errorIn } from '../../../lambda/refresher/error-object.ts';

const TOKEN_URL = 'https://auth.example.com/token';

test.for<[object, string, object]>([
  [{ error: 'invalid_client' }, 'CLIENT_REJECTED', { oauthError: 'invalid_client' }],
  [{ error: 'invalid_scope' }, 'RESPONSE_INVALID', { oauthError: 'invalid_scope' }],
  [{ error: 'a text of its own' }, 'RESPONSE_INVALID', {}],
  [{ errors: ['x'] }, 'RESPONSE_INVALID', {}],
  [{ errcode: 40001 }, 'RESPONSE_INVALID', {}],
  [{ errorCode: '7' }, 'RESPONSE_INVALID', {}],
  [{ ok: false }, 'RESPONSE_INVALID', {}],
  [{ success: false }, 'RESPONSE_INVALID', {}],
])('a successful status with %j fails with %s', ([body, code, details]) => {
  const failure = errorIn({ ...body }, 200, TOKEN_URL);
  expect(failure).toMatchObject({ code });
  expect(failure?.details).toStrictEqual({ status: 200, ...details });
});

test.for<object>([
  {},
  { error: '' },
  { error: null },
  { errors: [] },
  { errcode: 0 },
  { errcode: '0' },
  { ok: true },
  { success: 'false' },
])('a successful status with %j shows no error', (body) => {
  expect(errorIn({ ...body }, 200, TOKEN_URL)).toBeUndefined();
});

test.for<[object, RegExp]>([
  [{ error: 'invalid_scope' }, /its field "error" shows invalid_scope\. Check the credentials/],
  [{ ok: false }, /its field "ok" shows an error without a registered code\. Check the credentials/],
])('the message after %j names the field and what to do', ([body, message]) => {
  const failure = errorIn({ ...body }, 201, TOKEN_URL);
  expect(failure?.message).toMatch(
    /auth\.example\.com\/token answered HTTP 201 with an error object instead of a token/,
  );
  expect(failure?.message).toMatch(message);
});
