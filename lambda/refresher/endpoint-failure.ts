import { parseJsonObject } from '../shared/json.ts';
import { RefreshError, type RefreshErrorCode, type RefreshErrorDetails } from '../shared/refresh-error.ts';
import { isUntrustedCertificate, PRIVATE_CA_PAGE } from '../shared/untrusted-certificate.ts';
import { parseRateLimitReset } from './rate-limit-reset.ts';
import { parseRetryAfter } from './retry-after.ts';
import { shapeOfText } from './shape.ts';
import type { TokenAnswer } from './token-request.ts';

/**
 * Error codes that may be shown. Any other text in that field could be an echo of the request.
 * Source: https://www.iana.org/assignments/oauth-parameters (OAuth Extensions Error Registry) and RFC 6749 section 5.2
 */
const REGISTERED_ERRORS: ReadonlySet<unknown> = new Set([
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

/** Errors that reject the client. Some servers send any of them for a wrong secret. */
export const CLIENT_ERRORS: ReadonlySet<string | undefined> = new Set([
  'invalid_client',
  'unauthorized_client',
  'invalid_grant',
  'access_denied',
]);

/** Other fields that may hold the error code, in the answer or in its `error` object. */
const OTHER_ERROR_FIELDS = ['code', 'type', 'errorCode', 'error_code', 'ErrorCode'] as const;

/** What to do if the endpoint keeps failing. */
export function remedyIfItLasts(code: RefreshErrorCode): string {
  return code === 'RATE_LIMITED'
    ? 'If this lasts, find out what else requests tokens with these credentials.'
    : 'If this lasts, ask the operator of the authorization server.';
}

/** The error for a status other than 200 and 201. `answeredAt` is Unix time in milliseconds. */
export function refusedBy(
  { status, headers, body }: Extract<TokenAnswer, { type: 'answer' }>,
  tokenUrl: string,
  answeredAt: number,
): RefreshError {
  const oauthError = registeredErrorIn(parseJsonObject(body.trim()) ?? {});
  const details = { status, ...(oauthError === undefined ? {} : { oauthError }) };
  const answered = `${tokenUrl} answered HTTP ${status}${oauthError === undefined ? '' : ` ${oauthError}`}`;
  if (status === 429 || status === 408 || status >= 500) {
    const code = status === 429 ? 'RATE_LIMITED' : 'ENDPOINT_UNAVAILABLE';
    const retryAfter = parseRetryAfter(headers.get('retry-after'), answeredAt);
    const isLimit = status === 429 || status === 503;
    const reset = isLimit && retryAfter === undefined ? parseRateLimitReset(headers, answeredAt) : undefined;
    const wait = retryAfter ?? reset;
    const asked = wait === undefined ? '' : ` and asked to wait ${Math.ceil(wait / 1_000)} seconds`;
    return new RefreshError(
      code,
      `${answered}${asked}. The next check tries again. ${remedyIfItLasts(code)}`,
      {
        ...details,
        ...(retryAfter === undefined ? {} : { notBefore: answeredAt + retryAfter }),
        ...(reset === undefined ? {} : { resetAt: answeredAt + reset }),
      },
    );
  }
  if (status < 400) {
    const shown = status >= 300 ? `a redirect (HTTP ${status}), which is never followed` : `HTTP ${status}`;
    return invalidResponse(tokenUrl, shown, details);
  }
  const refused = oauthError === undefined ? `${answered} with ${shapeOfText(body)}` : answered;
  if (rejectsClient(status, oauthError)) {
    return new RefreshError(
      'CLIENT_REJECTED',
      `${refused}: it rejects the client. Check the client ID and client secret in the secret, and that the client may use the client_credentials grant.`,
      details,
    );
  }
  return new RefreshError(
    'REQUEST_REJECTED',
    `${refused}. Check the token URL, the scope, the extra parameters, the client authentication method and the credentials.`,
    details,
  );
}

function rejectsClient(status: number, oauthError: string | undefined): boolean {
  if (status === 401) return true;
  return (status === 400 || status === 403) && CLIENT_ERRORS.has(oauthError);
}

/** The registered error code in an error answer (RFC 6749 section 5.2), or in one of similar form. */
export function registeredErrorIn(answer: Readonly<Record<string, unknown>>): string | undefined {
  const { error } = answer;
  const nested = typeof error === 'object' && error !== null ? (error as Record<string, unknown>) : {};
  const candidates = [
    error,
    nested.error,
    ...OTHER_ERROR_FIELDS.flatMap((field) => [nested[field], answer[field]]),
  ];
  return candidates.find((found): found is string => REGISTERED_ERRORS.has(found));
}

export function unreachable(tokenUrl: string, reason: string): RefreshError {
  const remedy = isUntrustedCertificate(reason)
    ? `No trusted authority issued the certificate. If a private CA did, make the function trust it: see ${PRIVATE_CA_PAGE}.`
    : "The next check tries again. If this lasts, check the URL, the network path and the server's certificate.";
  return new RefreshError('ENDPOINT_UNAVAILABLE', `${tokenUrl} gave no answer: ${reason}. ${remedy}`, {
    reason,
  });
}

/** An answer that is neither a grant nor an error. `found` describes it without quoting it. */
export function invalidResponse(
  tokenUrl: string,
  found: string,
  details: RefreshErrorDetails = {},
): RefreshError {
  return new RefreshError(
    'RESPONSE_INVALID',
    `${tokenUrl} sent ${found}. Check the token URL. If it is right, ask the operator of the authorization server.`,
    details,
  );
}
