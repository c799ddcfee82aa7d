/** Every way in which a refresh can fail. Stable: alarms, runbooks and callers rely on these names. */
export const REFRESH_ERROR_CODES = [
  'CONFIGURATION_INVALID',
  'EVENT_INVALID',
  'CREDENTIALS_NOT_FOUND',
  'CREDENTIALS_NOT_SET',
  'CREDENTIALS_INVALID',
  'CREDENTIALS_UNAVAILABLE',
  'CLIENT_REJECTED',
  'REQUEST_REJECTED',
  'RATE_LIMITED',
  'ENDPOINT_UNAVAILABLE',
  'RESPONSE_INVALID',
  'TOKEN_TOO_LARGE',
  'PARAMETER_OCCUPIED',
  'STORE_UNAVAILABLE',
] as const;
export type RefreshErrorCode = (typeof REFRESH_ERROR_CODES)[number];

/** Codes after which the next check may succeed without anybody's help. */
const RETRYABLE: ReadonlySet<RefreshErrorCode> = new Set<RefreshErrorCode>([
  'CREDENTIALS_UNAVAILABLE',
  'RATE_LIMITED',
  'ENDPOINT_UNAVAILABLE',
  'STORE_UNAVAILABLE',
]);

/** Facts that are safe to log next to the message. Never a token, a secret or a response body. */
export interface RefreshErrorDetails {
  /** HTTP status of the token endpoint's answer. */
  readonly status?: number;
  /** Registered OAuth 2.0 error code of the token endpoint's answer. */
  readonly oauthError?: string;
  /** Unix time, milliseconds, before which the token endpoint asked not to be called again. */
  readonly notBefore?: number;
  /** Name of the AWS or network error underneath. */
  readonly reason?: string;
}

/**
 * The one error that a refresh fails with. The message begins with the code, so that it is found in any log, and
 * ends with the remedy. There is no `cause`: what libraries attach there may hold the token.
 */
export class RefreshError extends Error {
  override readonly name = 'RefreshError';
  readonly code: RefreshErrorCode;
  /** Whether the same run may succeed later without a change. */
  readonly retryable: boolean;
  readonly details: RefreshErrorDetails;

  constructor(code: RefreshErrorCode, message: string, details: RefreshErrorDetails = {}) {
    super(`${code}: ${message}`);
    this.code = code;
    this.retryable = RETRYABLE.has(code);
    this.details = details;
  }
}

/** The code that the message of an error of the refresher's begins with, else `UNEXPECTED`. */
export function codeOf(message: string): string {
  return /^([A-Z_]{3,40}): /.exec(message)?.[1] ?? 'UNEXPECTED';
}
