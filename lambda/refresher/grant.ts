import { unixSeconds } from '../shared/clock.ts';
import { parseJsonObject } from '../shared/json.ts';
import { RefreshError, type RefreshErrorDetails } from '../shared/refresh-error.ts';
import { isSendable } from '../shared/stored-token.ts';
import type { Configuration } from './configuration.ts';
import { invalidResponse, refusedBy, unreachable } from './endpoint-failure.ts';
import { errorIn } from './error-object.ts';
import { jwtValidity } from './jwt-validity.ts';
import { readLifetime } from './lifetime.ts';
import { shapeOf, shapeOfText } from './shape.ts';
import { MAX_RESPONSE_BYTES, mayGrant, type TokenAnswer } from './token-request.ts';
import { tokenTypeProblem } from './token-type.ts';

/** What a token endpoint granted. */
export interface Grant {
  readonly accessToken: string;
  /** Seconds from the moment of the request, at most 30 days. */
  readonly lifetime: number;
  /** Whether the endpoint or the token itself states more than 30 days. */
  readonly isLifetimeBounded: boolean;
  /** Unix time in milliseconds from which the token is valid. Undefined if the token has no `nbf`. */
  readonly validFrom: number | undefined;
  readonly scope: string | undefined;
}

export type GrantSettings = Pick<Configuration, 'tokenUrl' | 'defaultLifetime'>;

/** Unix times in milliseconds. */
export interface RequestTimes {
  readonly sentAt: number;
  readonly answeredAt: number;
}

type JsonObject = Readonly<Record<string, unknown>>;

/** Fields in which some endpoints send a token instead of in `access_token`. */
const OTHER_TOKEN_FIELDS = ['accessToken', 'token', 'id_token', 'jwt', 'data'] as const;

/**
 * The grant in a token endpoint's answer.
 * @throws RefreshError `CLIENT_REJECTED`, `REQUEST_REJECTED`, `RATE_LIMITED`, `ENDPOINT_UNAVAILABLE`, `RESPONSE_INVALID`
 */
export function readGrant(answer: TokenAnswer, settings: GrantSettings, times: RequestTimes): Grant {
  const { tokenUrl } = settings;
  if (answer.type === 'unreachable') throw unreachable(tokenUrl, answer.reason);
  if (answer.type === 'too-large')
    throw invalidResponse(tokenUrl, `a body of more than ${MAX_RESPONSE_BYTES / 1024} KB`);
  if (!mayGrant(answer.status)) throw refusedBy(answer, tokenUrl, times.answeredAt);
  // Also removes a byte order mark, which some servers on .NET send.
  const body = parseJsonObject(answer.body.trim());
  if (body === undefined)
    throw unusable(tokenUrl, `its body is ${shapeOfText(answer.body)} instead of a JSON object`);
  const error = hasToken(body) ? undefined : errorIn(body, answer.status, tokenUrl);
  if (error !== undefined) throw error;
  return parseGrant(body, settings, times);
}

/** Reads `access_token`, `token_type`, `expires_in` and `scope`. Everything else in the body is ignored. */
function parseGrant(
  body: JsonObject,
  { tokenUrl, defaultLifetime }: GrantSettings,
  times: RequestTimes,
): Grant {
  const problem = accessTokenProblem(body) ?? tokenTypeProblem(body.token_type);
  if (problem !== undefined) throw unusable(tokenUrl, problem);
  const accessToken = String(body.access_token);
  const issuedAt = unixSeconds(times.sentAt);
  const { notBefore, expiresAt } = jwtValidity(accessToken);
  const untilJwtExpires = expiresAt === undefined ? undefined : expiresAt - issuedAt;
  const lifetime = readLifetime(body.expires_in, untilJwtExpires, defaultLifetime);
  if (lifetime.type === 'missing') throw unusable(tokenUrl, 'it has no expires_in', LIFETIME_REMEDY);
  if (lifetime.type === 'expired') throw expired(tokenUrl, lifetime.found);
  if (lifetime.type === 'unusable') throw unusable(tokenUrl, lifetime.found, LIFETIME_REMEDY);
  const endsAt = (issuedAt + lifetime.seconds) * 1_000;
  const validFrom = notBefore === undefined ? undefined : notBefore * 1_000;
  if (endsAt <= times.answeredAt) throw expired(tokenUrl, 'its access_token had already expired on arrival');
  if ((notBefore ?? 0) >= (expiresAt ?? Number.POSITIVE_INFINITY))
    throw unusable(tokenUrl, 'its access_token expires before its nbf', CLOCK_REMEDY);
  return {
    accessToken,
    lifetime: lifetime.seconds,
    isLifetimeBounded: lifetime.isBounded,
    validFrom,
    scope: typeof body.scope === 'string' ? body.scope : undefined,
  };
}

function hasToken({ access_token }: JsonObject): boolean {
  return typeof access_token === 'string' && access_token !== '';
}

function accessTokenProblem(body: JsonObject): string | undefined {
  const { access_token } = body;
  if (access_token === undefined) {
    const other = OTHER_TOKEN_FIELDS.find((field) => body[field] !== undefined);
    return other === undefined ? 'it has no access_token' : `it has no access_token, but a field "${other}"`;
  }
  if (typeof access_token !== 'string' || access_token === '')
    return `access_token is ${shapeOf(access_token)}`;
  return isSendable(access_token)
    ? undefined
    : 'access_token has characters that an Authorization header cannot carry';
}

/** The `reason` of a failure whose token is no longer valid. */
export const TOKEN_EXPIRED = 'TOKEN_EXPIRED';

const LIFETIME_REMEDY =
  'Set defaultLifetime to how long its tokens are valid, and deploy again. Or ask the operator of the authorization server to send expires_in in seconds.';
export const CLOCK_REMEDY =
  'The next check tries again. If this lasts, ask the operator of the authorization server to compare its clock with UTC.';

/** The error for a token that is no longer valid. Endpoints that grant the same token until it expires may send one. */
function expired(tokenUrl: string, found: string): RefreshError {
  return unusable(tokenUrl, found, CLOCK_REMEDY, { reason: TOKEN_EXPIRED });
}

/** The error for an answer that grants no usable token. `found` names the field and its shape, never its value. */
export function unusable(
  tokenUrl: string,
  found: string,
  remedy = 'Check the token URL. If it is right, ask the operator of the authorization server.',
  details: RefreshErrorDetails = {},
): RefreshError {
  return new RefreshError(
    'RESPONSE_INVALID',
    `the answer of ${tokenUrl} cannot be used: ${found}. ${remedy}`,
    details,
  );
}
