import { shapeOf } from './shape.ts';

/** Names that mean a bearer token (RFC 6750), in lower case and without separators. Sources: docs/providers.md */
const BEARER: ReadonlySet<string> = new Set(['bearer', 'bearertoken', 'applicationaccesstoken', 'jwtbearer']);

/**
 * Names of other types that may be shown, because they hold no secret.
 * Source: https://www.iana.org/assignments/oauth-parameters (OAuth Access Token Types), and `mac` and `JWT`, which are in use
 */
const OTHER_TYPES = ['DPoP', 'PoP', 'N_A', 'mac', 'JWT'] as const;

/** Why this `token_type` does not name a bearer token, or undefined if it does. A missing type means bearer. */
export function tokenTypeProblem(tokenType: unknown): string | undefined {
  if (tokenType === undefined || tokenType === null || tokenType === '') return undefined;
  if (typeof tokenType !== 'string') return `token_type is ${shapeOf(tokenType)}`;
  const name = tokenType.trim().toLowerCase();
  if (BEARER.has(name.replaceAll(/[ _-]/g, ''))) return undefined;
  const other = OTHER_TYPES.find((type) => type.toLowerCase() === name);
  if (other !== undefined) return `token_type ${other}, which is no bearer token`;
  return `token_type is ${shapeOf(tokenType)} and does not mean bearer`;
}
