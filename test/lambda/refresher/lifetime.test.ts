import { expect, test } from 'vitest';
import { readLifetime } from '../../../lambda/refresher/lifetime.ts';

const DAY = 86_400;
const JWT_ENDS = 1_200;
const known = (seconds: number, isBounded = false) => ({ type: 'known', seconds, isBounded });

test.for<[string, unknown, number | undefined, number | undefined, object]>([
  ['as a number', 3_600, undefined, undefined, known(3_600)],
  ['as text', '3600', undefined, undefined, known(3_600)],
  ['as text with spaces', ' 3600 ', undefined, undefined, known(3_600)],
  ['with a fraction', 59.9, undefined, undefined, known(59)],
  ['as text with a fraction', '3600.25', undefined, undefined, known(3_600)],
  ['of a second', 1, undefined, undefined, known(1)],
  ['of 30 days', 30 * DAY, undefined, undefined, known(30 * DAY)],
  ['of more than 30 days', 30 * DAY + 1, undefined, undefined, known(30 * DAY, true)],
  ['of a year', 365 * DAY, undefined, undefined, known(30 * DAY, true)],
  ['of more than 30 days, with a default', 30 * DAY + 1, undefined, 600, known(600)],
  ['of 30 days, with a default', 30 * DAY, undefined, 600, known(30 * DAY)],
  ['that is missing, with a default', undefined, undefined, 600, known(600)],
  ['that is null, with a default', null, undefined, 600, known(600)],
  ['that is empty, with a default', '', undefined, 600, known(600)],
  ['that is unreadable, with a default', 'soon', undefined, 600, known(600)],
  ['that is more than a year, with a default', 365 * DAY + 1, undefined, 600, known(600)],
  ['that is longer than the JWT', 3_600, JWT_ENDS, undefined, known(JWT_ENDS)],
  ['that is shorter than the JWT', 600, JWT_ENDS, undefined, known(600)],
  ['that is missing, of a JWT', undefined, JWT_ENDS, 600, known(JWT_ENDS)],
  ['that is unreadable, of a JWT', 'soon', JWT_ENDS, 600, known(JWT_ENDS)],
  ['that is a list, of a JWT', [3_600], JWT_ENDS, undefined, known(JWT_ENDS)],
  ['of a JWT of more than 30 days', undefined, 31 * DAY, undefined, known(30 * DAY, true)],
  ['of a JWT that has ended', undefined, -60, undefined, known(-60)],
])('a lifetime %s is understood', ([, expiresIn, untilJwtExpires, defaultLifetime, lifetime]) => {
  expect(readLifetime(expiresIn, untilJwtExpires, defaultLifetime)).toEqual(lifetime);
});

test.for([undefined, null, ''])('a lifetime of %j is missing', (expiresIn) => {
  expect(readLifetime(expiresIn, undefined, undefined)).toEqual({ type: 'missing' });
});

test.for<[unknown, string]>([
  [0, 'expires_in is 0, less than a second'],
  [0.9, 'expires_in is a number below 1, less than a second'],
  [-5, 'expires_in is a negative number, less than a second'],
  ['-1.5', 'expires_in is a string of 4 characters, less than a second'],
])('a lifetime of %j has expired, also with a default and in a JWT', ([expiresIn, found]) => {
  expect(readLifetime(expiresIn, JWT_ENDS, 600)).toEqual({ type: 'expired', found });
});

test.for<[unknown, string]>([
  ['soon', 'expires_in is a string of 4 characters, not a number of seconds'],
  ['3600s', 'expires_in is a string of 5 characters, not a number of seconds'],
  ['x3600', 'expires_in is a string of 5 characters, not a number of seconds'],
  ['3600.', 'expires_in is a string of 5 characters, not a number of seconds'],
  ['1e3', 'expires_in is a string of 3 characters, not a number of seconds'],
  [[3_600], 'expires_in is an array, not a number of seconds'],
  [true, 'expires_in is a boolean, not a number of seconds'],
  [
    365 * DAY + 1,
    'expires_in is a number of 8 digits, more than a year in seconds: a Unix time, or milliseconds',
  ],
])('a lifetime of %j cannot be used', ([expiresIn, found]) => {
  expect(readLifetime(expiresIn, undefined, undefined)).toEqual({ type: 'unusable', found });
});
