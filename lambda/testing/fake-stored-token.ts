import { parseStored, type StoredToken } from '../shared/stored-token.ts';

/** Seconds: the lifetime that most endpoints grant. */
const LIFETIME_SECONDS = 3600;

/** Any fingerprint will do, because only the refresher compares it. */
const SOURCE = '0'.repeat(64);

/**
 * A record as the refresher stores it, for code that reads the parameter itself: the parameter holds it as JSON. Without
 * times, it was issued now and is valid for an hour. With one time, the other is an hour away.
 * @throws TypeError if no refresher would store the record
 */
export function fakeStoredToken(fields: Partial<StoredToken> = {}): StoredToken {
  const issued_at = fields.issued_at ?? (fields.expires_at ?? now() + LIFETIME_SECONDS) - LIFETIME_SECONDS;
  const record: StoredToken = {
    access_token: 'fake-token',
    token_type: 'Bearer',
    issued_at,
    expires_at: issued_at + LIFETIME_SECONDS,
    source: SOURCE,
    ...fields,
  };
  const { state } = parseStored(JSON.stringify(record), 1);
  if (state === 'token') return record;
  throw new TypeError(
    'fakeStoredToken: no refresher would store this record. Times are whole seconds, expires_at is later than issued_at by at ' +
      'most 30 days, the token is visible ASCII, and source is 64 hexadecimal digits.',
  );
}

function now(): number {
  return Math.floor(Date.now() / 1_000);
}
