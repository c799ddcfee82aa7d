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

test.for<[unknown]>([
  [null],
  [undefined],
  ['{}'],
  [[]],
  [1],
  [{ force: false }],
  [{ force: 'true' }],
  [{ rejected: 'the-token-itself' }],
  [{ rejected: 5 }],
  [{ force: true, rejected: sha256('t') }],
  [{ 'the-token-itself': 1 }],
])('refuses %j without quoting it', ([event]) => {
  const act = () => parseEvent(event);
  expect(act).toThrow(expect.objectContaining({ code: 'EVENT_INVALID', retryable: false }));
  expect(act).not.toThrow(/the-token-itself/);
});
