import { parseStored, type StoredToken } from '../shared/stored-token.ts';

/** Seconds: the lifetime that most endpoints grant. */
const LIFETIME_SECONDS = 3600;

/** Any fingerprint will do, because only the refresher compares it. */
const SOURCE = '0'.repeat(64);

/** An undefined field has its default. */
type Fields = { readonly [Field in keyof StoredToken]?: StoredToken[Field] | undefined };

/**
 * A record as the refresher stores it, for code that reads the parameter itself: the parameter holds it as JSON. Without
 * times, it was issued now and is valid for an hour. With one time, the other is an hour away.
 * @throws TypeError if no refresher would store the record
 */
export function fakeStoredToken(fields: Fields = {}): StoredToken {
  const issued_at = fields.issued_at ?? (fields.expires_at ?? now() + LIFETIME_SECONDS) - LIFETIME_SECONDS;
  const record: StoredToken = {
    access_token: 'fake-token',
    token_type: 'Bearer',
    issued_at,
    expires_at: issued_at + LIFETIME_SECONDS,
    source: SOURCE,
    ...Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)),
  };
  const stored = parseStored(JSON.stringify(record), 1);
  // A reader ignores a wrong refresh_at.
  if (stored.state === 'token' && stored.token.refresh_at === record.refresh_at) return record;
  throw new TypeError(
    'fakeStoredToken: no refresher would store this record. Times are whole seconds, expires_at is later than issued_at by at ' +
      'most 30 days, refresh_at is between them, the token is visible ASCII, and source is 64 hexadecimal digits.',
  );
}

function now(): number {
  return Math.floor(Date.now() / 1_000);
}
