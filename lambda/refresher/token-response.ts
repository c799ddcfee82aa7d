import * as oauth from 'oauth4webapi';
import { parseJsonObject } from '../shared/json.ts';
import { RefreshError } from '../shared/refresh-error.ts';
import { isSendable, MAX_LIFETIME_SECONDS } from '../shared/stored-token.ts';
import { MAX_RESPONSE_BYTES, type TokenAnswer } from './token-request.ts';

/** What a token endpoint granted. */
export interface Grant {
  readonly accessToken: string;
  /** Seconds from the moment of the request, at most 30 days. */
  readonly lifetime: number;
  /** Whether the token endpoint said that it lives for longer. */
  readonly isLifetimeBounded: boolean;
  readonly scope: string | undefined;
}

/**
 * Error codes that may be shown. Anything else in that field could be an echo of the request.
 * Source: https://www.iana.org/assignments/oauth-parameters (OAuth Extensions Error Registry) and RFC 6749 section 5.2
 */
const REGISTERED_ERRORS: ReadonlySet<string> = new Set([
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
  'invalid_target',
  'access_denied',
  'server_error',
  'temporarily_unavailable',
  'invalid_dpop_proof',
  'use_dpop_nonce',
  'slow_down',
  'insufficient_scope',
  'invalid_token',
]);

/**
 * The grant in a token endpoint's answer, or the failure it stands for.
 * @throws RefreshError `CLIENT_REJECTED`, `REQUEST_REJECTED`, `RATE_LIMITED`, `ENDPOINT_UNAVAILABLE`, `RESPONSE_INVALID`
 */
export async function processTokenAnswer(answer: TokenAnswer, tokenUrl: string): Promise<Grant> {
  if (answer.type === 'unreachable') throw unreachable(tokenUrl, answer.reason);
  if (answer.type === 'too-large')
    throw invalid(tokenUrl, `a body of more than ${MAX_RESPONSE_BYTES / 1024} KB`);
  if (answer.status !== 200) throw refused(answer.status, answer.body, tokenUrl);
  return readGrant(answer.body, tokenUrl);
}

/** What counts is the body: a grant under another content type than `application/json` is a grant. */
async function readGrant(body: string, tokenUrl: string): Promise<Grant> {
  // The library takes "3600" for 3600; RFC 6749 section 5.1 asks for a number, and so does the contract.
  const expiresIn = parseJsonObject(body)?.expires_in;
  if (expiresIn === undefined)
    throw invalid(tokenUrl, 'no expires_in, without which nobody knows when to replace the token');
  if (typeof expiresIn !== 'number' || !Number.isFinite(expiresIn) || expiresIn < 1) {
    throw invalid(tokenUrl, 'an expires_in that is not a positive number of seconds');
  }
  let token: oauth.TokenEndpointResponse;
  try {
    token = await oauth.processClientCredentialsResponse(
      { issuer: new URL(tokenUrl).origin },
      { client_id: 'unused' },
      new Response(body),
    );
  } catch {
    // Dropped on purpose: the library's errors hold the response body.
    throw invalid(tokenUrl, 'a body that is not a token response of type Bearer (RFC 6749 section 5.1)');
  }
  if (token.token_type !== 'bearer') throw invalid(tokenUrl, 'a token of another type than Bearer');
  if (!isSendable(token.access_token)) {
    throw invalid(tokenUrl, 'an access_token with characters that no Authorization header can carry');
  }
  return {
    accessToken: token.access_token,
    lifetime: Math.min(Math.floor(expiresIn), MAX_LIFETIME_SECONDS),
    isLifetimeBounded: expiresIn > MAX_LIFETIME_SECONDS,
    scope: token.scope,
  };
}

function refused(status: number, body: string, tokenUrl: string): RefreshError {
  const found = parseJsonObject(body)?.error;
  const oauthError = typeof found === 'string' && REGISTERED_ERRORS.has(found) ? found : undefined;
  const details = { status, ...(oauthError === undefined ? {} : { oauthError }) };
  const answered = `${tokenUrl} answered HTTP ${status}${oauthError === undefined ? '' : ` ${oauthError}`}`;
  if (status === 429) {
    return new RefreshError(
      'RATE_LIMITED',
      `${answered}. The next check tries again. If this lasts, find out what else asks for tokens with these credentials.`,
      details,
    );
  }
  if (status >= 500 || status === 408) {
    return new RefreshError(
      'ENDPOINT_UNAVAILABLE',
      `${answered}. The next check tries again. If this lasts, ask the operator of the authorization server.`,
      details,
    );
  }
  if (status < 400) {
    return invalid(
      tokenUrl,
      status >= 300 ? `a redirect (HTTP ${status}), which is never followed` : `HTTP ${status}`,
      details,
    );
  }
  if (oauthError === 'invalid_client' || oauthError === 'unauthorized_client') {
    return new RefreshError(
      'CLIENT_REJECTED',
      `${answered}: it does not accept the client. Check client_id and client_secret in the secret, and that the client may use the client_credentials grant.`,
      details,
    );
  }
  return new RefreshError(
    'REQUEST_REJECTED',
    `${answered}. Check the token URL, the scope, the extra parameters, the client authentication method and the credentials.`,
    details,
  );
}

function unreachable(tokenUrl: string, reason: string): RefreshError {
  return new RefreshError(
    'ENDPOINT_UNAVAILABLE',
    `${tokenUrl} gave no answer: ${reason}. The next check tries again. If this lasts, check the URL, the network path and the server's certificate.`,
    { reason },
  );
}

function invalid(tokenUrl: string, found: string, details: { readonly status?: number } = {}): RefreshError {
  return new RefreshError(
    'RESPONSE_INVALID',
    `${tokenUrl} sent ${found}. Check that the token URL is right; otherwise ask the operator of the authorization server.`,
    details,
  );
}
