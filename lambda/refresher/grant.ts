import * as oauth from 'oauth4webapi';
import { parseJsonObject } from '../shared/json.ts';
import { isSendable, MAX_LIFETIME_SECONDS } from '../shared/stored-token.ts';
import { invalidResponse, refusedBy, unreachable } from './endpoint-failure.ts';
import { MAX_RESPONSE_BYTES, type TokenAnswer } from './token-request.ts';

/** What a token endpoint granted. */
export interface Grant {
  readonly accessToken: string;
  /** Seconds from the moment of the request, at most 30 days. */
  readonly lifetime: number;
  /** Whether the token endpoint stated a longer lifetime. */
  readonly isLifetimeBounded: boolean;
  readonly scope: string | undefined;
}

/**
 * The grant in a token endpoint's answer. `answeredAt` is Unix time in milliseconds.
 * @throws RefreshError `CLIENT_REJECTED`, `REQUEST_REJECTED`, `RATE_LIMITED`, `ENDPOINT_UNAVAILABLE`, `RESPONSE_INVALID`
 */
export async function readGrant(answer: TokenAnswer, tokenUrl: string, answeredAt: number): Promise<Grant> {
  if (answer.type === 'unreachable') throw unreachable(tokenUrl, answer.reason);
  if (answer.type === 'too-large')
    throw invalidResponse(tokenUrl, `a body of more than ${MAX_RESPONSE_BYTES / 1024} KB`);
  if (answer.status !== 200) throw refusedBy(answer, tokenUrl, answeredAt);
  return parseGrant(answer.body, tokenUrl);
}

/** Reads only the body. The content type does not matter. */
async function parseGrant(body: string, tokenUrl: string): Promise<Grant> {
  // The library accepts a string. RFC 6749 section 5.1 requires a number.
  const expiresIn = parseJsonObject(body)?.expires_in;
  if (expiresIn === undefined) throw invalidResponse(tokenUrl, 'no expires_in');
  if (typeof expiresIn !== 'number' || !Number.isFinite(expiresIn) || expiresIn < 1) {
    throw invalidResponse(tokenUrl, 'an expires_in that is not a positive number of seconds');
  }
  let token: oauth.TokenEndpointResponse;
  try {
    token = await oauth.processClientCredentialsResponse(
      { issuer: new URL(tokenUrl).origin },
      { client_id: 'unused' },
      new Response(body),
    );
  } catch {
    // The library's error is dropped because it holds the response body.
    throw invalidResponse(
      tokenUrl,
      'a body that is not a token response of type Bearer (RFC 6749 section 5.1)',
    );
  }
  if (token.token_type !== 'bearer') throw invalidResponse(tokenUrl, 'a token of another type than Bearer');
  if (!isSendable(token.access_token)) {
    throw invalidResponse(
      tokenUrl,
      'an access_token with characters that an Authorization header cannot carry',
    );
  }
  return {
    accessToken: token.access_token,
    lifetime: Math.min(Math.floor(expiresIn), MAX_LIFETIME_SECONDS),
    isLifetimeBounded: expiresIn > MAX_LIFETIME_SECONDS,
    scope: token.scope,
  };
}
