import { parseJsonObject } from '../shared/json.ts';

/** The validity that a token states itself. */
export interface JwtValidity {
  /** `nbf` (RFC 7519 section 4.1.5), in Unix seconds, rounded up. */
  readonly notBefore: number | undefined;
  /** `exp` (RFC 7519 section 4.1.4), in Unix seconds, rounded down. */
  readonly expiresAt: number | undefined;
}

/** A larger instant is not in seconds: it would be in the year 5138. */
const LARGEST_INSTANT = 1e11;

/**
 * Reads `nbf` and `exp` if the token is a signed JWT. The signature is not verified: only the API can do that. Any other
 * token has neither.
 */
export function jwtValidity(token: string): JwtValidity {
  const parts = token.split('.');
  // Stryker disable next-line StringLiteral: three parts have a payload
  const [, payload = ''] = parts;
  const claims =
    parts.length === 3 ? parseJsonObject(Buffer.from(payload, 'base64url').toString('utf8')) : undefined;
  const [nbf, exp] = [readInstant(claims?.nbf), readInstant(claims?.exp)];
  return {
    notBefore: nbf === undefined ? undefined : Math.ceil(nbf),
    expiresAt: exp === undefined ? undefined : Math.floor(exp),
  };
}

function readInstant(claim: unknown): number | undefined {
  return typeof claim === 'number' && claim > 0 && claim < LARGEST_INSTANT ? claim : undefined;
}
