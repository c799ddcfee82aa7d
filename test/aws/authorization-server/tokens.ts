import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import type { ServerState } from './state.ts';

/** The claims of a token. An opaque token has the same content without the header of a JWT. */
interface Claims {
  /** Unix time, seconds. */
  readonly iat: number;
  /** Unix time, seconds. */
  readonly exp: number;
  readonly jti: string;
  readonly generation: number;
}

const JWT_HEADER = encode({ alg: 'HS256', typ: 'JWT' });

/** `now` is the Unix time in seconds. */
export function issueToken(state: ServerState, now: number): string {
  const { generation, signingKey, tokenFormat, tokenLifetime } = state;
  const claims: Claims = { iat: now, exp: now + tokenLifetime, jti: randomUUID(), generation };
  const content = tokenFormat === 'jwt' ? `${JWT_HEADER}.${encode(claims)}` : encode(claims);
  return `${content}.${sign(content, signingKey)}`;
}

/** Whether the token was issued here, has not expired and is not revoked. `now` is the Unix time in seconds. */
export function isActive(token: string, { signingKey, generation }: ServerState, now: number): boolean {
  const end = token.lastIndexOf('.');
  const content = token.slice(0, end);
  if (end < 0 || !isEqual(token.slice(end + 1), sign(content, signingKey))) return false;
  const claims = JSON.parse(
    Buffer.from(content.split('.').at(-1) ?? '', 'base64url').toString('utf8'),
  ) as Claims;
  return claims.generation === generation && claims.exp > now;
}

export function isEqual(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function sign(content: string, key: string): string {
  return createHmac('sha256', key).update(content).digest('base64url');
}
