import { createHash } from 'node:crypto';
import { parseJsonObject } from './json.ts';

/** The record in the parameter, the contract with every consumer in any language. */
export interface StoredToken {
  /** The bearer token, exactly as issued. */
  readonly access_token: string;
  readonly token_type: 'Bearer';
  /** Unix time, seconds. Counted from the moment the request was sent, so it is never too late. */
  readonly expires_at: number;
  /** Unix time, seconds. */
  readonly issued_at: number;
  /** As granted (RFC 6749 section 3.3). */
  readonly scope?: string;
  /** SHA-256, hex, of everything the token was minted from. */
  readonly source: string;
}

/**
 * A lifetime is never believed beyond this, in seconds (30 days): what a client-credentials grant returns lives
 * for hours, and a figure of years would keep a revoked token in place for as long.
 */
export const MAX_LIFETIME_SECONDS = 30 * 24 * 3600;

/** What stands in the parameter. */
export type Stored =
  | { readonly state: 'missing' }
  | { readonly state: 'unreadable' }
  | { readonly state: 'foreign'; readonly found: string }
  | { readonly state: 'token'; readonly version: number; readonly token: StoredToken };

/** Tells a record of ours from a damaged one of ours and from somebody else's value. */
export function parseStored(value: string, version: number): Stored {
  const record = parseJsonObject(value);
  if (record === undefined) return { state: 'foreign', found: 'a value that is not a JSON object' };
  if (!isFingerprint(record.source)) return { state: 'foreign', found: 'JSON of another kind' };
  const { access_token, token_type, expires_at, issued_at, scope, source } = record;
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
    return { state: 'unreadable' };
  }
  const token: StoredToken = {
    access_token,
    token_type,
    expires_at,
    issued_at,
    ...(scope === undefined ? {} : { scope }),
    source,
  };
  return { state: 'token', version, token };
}

/** Whether a token can stand in an `Authorization` header: visible ASCII, no space, no line break. */
export function isSendable(token: string): boolean {
  return /^[\x21-\x7e]+$/.test(token);
}

/** SHA-256 in hex, the form in which a token is named without being shown. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function isFingerprint(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

function isInstant(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}
