import { parseJsonObject } from '../shared/json.ts';

/** The `exp` of a token (Unix time in seconds), or undefined if it is not a JWT with one (RFC 7519 section 4.1.4). */
export function jwtExpiry(token: string): number | undefined {
  const [, payload, ...others] = token.split('.');
  if (payload === undefined || others.length !== 1) return undefined;
  const exp = parseJsonObject(Buffer.from(payload, 'base64url').toString('utf8'))?.exp;
  return typeof exp === 'number' ? exp : undefined;
}
