import { expect, test } from 'vitest';
import { parseEvent } from '../../../lambda/refresher/event.ts';
import { sha256 } from '../../../lambda/shared/stored-token.ts';

test.for<[object, object]>([
  [{}, { type: 'check' }],
  [{ force: true }, { type: 'force' }],
  [{ rejected: sha256('t') }, { type: 'rejected', fingerprint: sha256('t') }],
  [{ rejected: sha256('t').toUpperCase() }, { type: 'rejected', fingerprint: sha256('t') }],
])('accepts %j', ([event, expected]) => {
  expect(parseEvent(event)).toEqual(expected);
});

test.for<[unknown, string]>([
  [null, 'it is null'],
  [undefined, 'it is a undefined'],
  ['{}', 'it is a string'],
  [[], 'it is an array'],
  [1, 'it is a number'],
  [{ force: false }, '"force" is not true'],
  [{ force: 'true' }, '"force" is not true'],
  [{ rejected: 'the-token-itself' }, '"rejected" is not a SHA-256 in hex'],
  [{ rejected: 5 }, '"rejected" is not a SHA-256 in hex'],
  [{ rejected: [sha256('t')] }, '"rejected" is not a SHA-256 in hex'],
  [{ rejected: `x${sha256('t')}` }, '"rejected" is not a SHA-256 in hex'],
  [{ rejected: `${sha256('t')}0` }, '"rejected" is not a SHA-256 in hex'],
  [{ force: true, rejected: sha256('t') }, 'it has 2 keys'],
  [{ 'the-token-itself': 1 }, 'its key is unknown'],
])('refuses %j, and says what was found without quoting it', ([event, found]) => {
  const act = () => parseEvent(event);
  expect(act).toThrow(expect.objectContaining({ code: 'EVENT_INVALID', retryable: false }));
  expect(act).toThrow(`the event cannot be used: ${found}. Allowed are {}, {"force": true} and `);
  expect(act).not.toThrow(/the-token-itself/);
});
