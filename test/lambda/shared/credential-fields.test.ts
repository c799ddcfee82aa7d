import { expect, test } from 'vitest';
import {
  credentialFieldsOf,
  credentialFieldsProblem,
  credentialsShape,
} from '../../../lambda/shared/credential-fields.ts';

test.for<[object, object]>([
  [{}, { client_id: 'client_id', client_secret: 'client_secret' }],
  [{ client_id: 'key' }, { client_id: 'key', client_secret: 'client_secret' }],
  [{ client_secret: 'pass' }, { client_id: 'client_id', client_secret: 'pass' }],
])('the names %j are completed by the defaults', ([names, fields]) => {
  expect(credentialFieldsOf(names)).toEqual(fields);
});

test.for<object>([
  { client_id: 'key' },
  { client_secret: 'pass' },
  { client_id: 'client_secret', client_secret: 'client_id' },
  { client_id: 'a b' },
  { client_id: 'a'.repeat(128) },
])('credentialFields can be %j', (names) => {
  expect(credentialFieldsProblem({ ...names })).toBeUndefined();
});

test.for<[object, RegExp]>([
  [{}, /^it must map client_id, client_secret, or both/],
  [{ other: 'a' }, /^it must map/],
  [{ client_id: 'a', other: 'b' }, /^it must map/],
  [{ client_id: 1 }, /^"client_id" must be the name of a field/],
  [{ client_id: '' }, /^"client_id" must be the name of a field/],
  [{ client_id: 'a', client_secret: ' b' }, /^"client_secret" must be the name of a field/],
  [{ client_id: 'a\n' }, /^"client_id" must be the name of a field/],
  [{ client_id: 'a'.repeat(129) }, /^"client_id" must be .* at most 128 characters/],
  [{ client_id: 'client_secret' }, /in different fields/],
  [{ client_id: 'a', client_secret: 'a' }, /in different fields/],
])('credentialFields cannot be %j, and the problem says why', ([names, problem]) => {
  expect(credentialFieldsProblem({ ...names })).toMatch(problem);
});

test('a message shows the JSON that the secret must hold', () => {
  expect(credentialsShape({ client_id: 'key', client_secret: 'a"b' })).toBe('{"key": "…", "a\\"b": "…"}');
});
