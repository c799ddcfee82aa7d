import { expect, test } from 'vitest';
import { tokenTypeProblem } from '../../../lambda/refresher/token-type.ts';

test.for([
  undefined,
  null,
  '',
  'Bearer',
  'bearer',
  ' BEARER ',
  'BearerToken',
  'bearer_token',
  'Application Access Token',
  'application-access-token',
  'JWTBearer',
])('token_type %j means bearer', (tokenType) => {
  expect(tokenTypeProblem(tokenType)).toBeUndefined();
});

test.for<[unknown, string]>([
  ['DPoP', 'token_type DPoP, which is no bearer token'],
  ['dpop', 'token_type DPoP, which is no bearer token'],
  [' pop ', 'token_type PoP, which is no bearer token'],
  ['N_A', 'token_type N_A, which is no bearer token'],
  ['MAC', 'token_type mac, which is no bearer token'],
  ['jwt', 'token_type JWT, which is no bearer token'],
  ['other', 'token_type is a string of 5 characters and does not mean bearer'],
  [' ', 'token_type is a string of 1 character and does not mean bearer'],
  [5, 'token_type is a number of 1 digit'],
  [['Bearer'], 'token_type is an array'],
])('token_type %j is refused without quoting it', ([tokenType, problem]) => {
  expect(tokenTypeProblem(tokenType)).toBe(problem);
});
