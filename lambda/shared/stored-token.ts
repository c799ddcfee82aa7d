import { parseJsonObject } from './json.ts';

/** The record in the parameter: the contract with every consumer, in any language. */
export interface StoredToken {
  /** The bearer token, exactly as issued. */
  readonly access_token: string;
  readonly token_type: 'Bearer';
  /** Unix time in seconds. The lifetime counts from when the request was sent. */
  readonly expires_at: number;
  /** Unix time in seconds. */
  readonly issued_at: number;
  /** Unix time in seconds. When the refresher replaces the token, if its endpoint then revokes it. */
  readonly refresh_at?: number;
  /** The requested scopes that were granted (RFC 6749 section 3.3). */
  readonly scope?: string;
  /** SHA-256 in hex of the settings and the secret version that the token was minted from. */
  readonly source: string;
}

/** Longest accepted lifetime, in seconds (30 days). A wrong `expires_in` would otherwise keep a revoked token for years. */
export const MAX_LIFETIME_SECONDS = 30 * 24 * 3600;

/** By how much the clocks of two containers that mint may differ, in seconds. Within that, `issued_at` does not say which token is later. */
export const CLOCK_DIFFERENCE_SECONDS = 60;

/** What the parameter holds. `found` completes the sentence "it holds …". */
export type Stored =
  | { readonly state: 'missing' }
  | { readonly state: 'unreadable'; readonly version: number }
  | {
      readonly state: 'foreign';
      readonly version: number;
      readonly found: string;
      readonly isSecureString: boolean;
    }
  | { readonly state: 'token'; readonly version: number; readonly token: StoredToken };

/** Parses a SecureString: a token, a damaged record of the refresher (known by its `source`), or a foreign value. */
export function parseStored(value: string, version: number): Stored {
  const record = parseJsonObject(value);
  if (record === undefined) return foreign('a value that is not a JSON object', version);
  if (!isFingerprint(record.source)) return foreign('JSON of another kind', version);
  const { access_token, token_type, expires_at, issued_at, refresh_at, scope, source } = record;
  if (
    typeof access_token !== 'string' ||
    !isSendable(access_token) ||
    token_type !== 'Bearer' ||
    !isInstant(expires_at) ||
    !isInstant(issued_at) ||
    expires_at <= issued_at ||
    expires_at - issued_at > MAX_LIFETIME_SECONDS ||
    (scope !== undefined && typeof scope !== 'string')
  ) {
    return { state: 'unreadable', version };
  }
  const token: StoredToken = {
    access_token,
    token_type,
    expires_at,
    issued_at,
    ...(isInstant(refresh_at) && refresh_at >= issued_at && refresh_at <= expires_at ? { refresh_at } : {}),
    ...(scope === undefined ? {} : { scope }),
    source,
  };
  return { state: 'token', version, token };
}

/** A SecureString that is not a record of the refresher. */
export function foreign(found: string, version: number): Stored {
  return { state: 'foreign', version, found, isSecureString: true };
}

/** Whether an `Authorization` header can carry the token: visible ASCII, no space, no line break. */
export function isSendable(token: string): boolean {
  return /^[\x21-\x7e]+$/.test(token);
}

/** SHA-256 in hex. Identifies a token without showing it. */
export function sha256(text: string): string {
  // An import would delay the start of every consumer.
  const { createHash } = process.getBuiltinModule('node:crypto');
  return createHash('sha256').update(text).digest('hex');
}

function isFingerprint(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

function isInstant(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0;
}
