import { expect, test } from 'vitest';
import { presentableScope } from '../../../lambda/refresher/granted-scope.ts';
import { isScope } from '../../../lambda/shared/scope.ts';
import { confidential, escapeStrictly } from '../../support/confidential.ts';

const secret = confidential('the+secret/of-a_client.~ of ours');

test.for([
  'read',
  'travel:read travel:write',
  'https://api.example.com/.default',
  "!#'()*,-./:;<=>?@[]^_`{|}~",
])('is kept where it is one: %s', (scope) => {
  expect(presentableScope(scope, [secret])).toBe(scope);
});

test.for(['', ' ', 'a  b', ' a', 'a ', 'a\nb', 'a"b', 'a\\b', '\u001b[2J', 'ä', 'a\tb'])(
  'is left out where RFC 6749 has no such: %j',
  (scope) => {
    expect(isScope(scope)).toBe(false);
    expect(presentableScope(scope, [])).toBeUndefined();
  },
);

test.for<[string, string]>([
  ['as it is', `read ${secret.replaceAll(' ', '')}`],
  ['in a form', `${new URLSearchParams({ client_secret: secret })}`],
  ['in a URL', encodeURIComponent(secret)],
  ['in an Authorization header', `Basic ${Buffer.from(`id:${secret}`).toString('base64')}`],
  [
    'in one of client_secret_basic',
    `${Buffer.from(`client:${encodeURIComponent(secret)}`).toString('base64')}`,
  ],
  ['in strict escapes', escapeStrictly(secret)],
  ['in strict escapes of lower case', escapeStrictly(secret).toLowerCase()],
  [
    'in strict escapes in an Authorization header',
    Buffer.from(`client:${escapeStrictly(secret)}`).toString('base64'),
  ],
  ['in base64 for URLs', Buffer.from(`client:${secret}`).toString('base64url')],
  ['in hexadecimal digits', Buffer.from(secret).toString('hex')],
])('is left out where it holds a secret %s', ([, scope]) => {
  expect(isScope(scope)).toBe(true);
  expect(presentableScope(scope, [secret, secret.replaceAll(' ', '')])).toBeUndefined();
});
