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

/** Replaces the code of a failure that has none, which is a bug. */
export const UNEXPECTED = 'UNEXPECTED';

/** Codes after which the next check may succeed without a change. */
const RETRYABLE: ReadonlySet<RefreshErrorCode> = new Set<RefreshErrorCode>([
  'CREDENTIALS_UNAVAILABLE',
  'RATE_LIMITED',
  'ENDPOINT_UNAVAILABLE',
  'STORE_UNAVAILABLE',
]);

/** Facts to log with the message. Never a token, a secret or a response body. */
export interface RefreshErrorDetails {
  /** HTTP status of the token endpoint's answer. */
  readonly status?: number;
  /** Registered OAuth 2.0 error code of the token endpoint's answer. */
  readonly oauthError?: string;
  /** Earliest time for the next request, as the token endpoint asked. Unix time in milliseconds. */
  readonly notBefore?: number;
  /** When the rate limit resets, as headers other than `Retry-After` say. Unix time in milliseconds. */
  readonly resetAt?: number;
  /** Name of the underlying AWS or network error. */
  readonly reason?: string;
}

/**
 * The error of every failed refresh. The message starts with the code. The last sentence is the remedy. There is no `cause`:
 * libraries may attach the token there.
 */
export class RefreshError extends Error {
  override readonly name = 'RefreshError';
  readonly code: RefreshErrorCode;
  /** Whether the next check may succeed without a change. */
  readonly retryable: boolean;
  readonly details: RefreshErrorDetails;

  constructor(code: RefreshErrorCode, message: string, details: RefreshErrorDetails = {}) {
    super(`${code}: ${message}`);
    this.code = code;
    this.retryable = RETRYABLE.has(code);
    this.details = details;
  }

  /** The same error with the earliest time for the next request (Unix time in milliseconds), if there is one. */
  until(notBefore: number | undefined): RefreshError {
    if (notBefore === undefined) return this;
    return new RefreshError(this.code, this.message.slice(this.code.length + 2), {
      ...this.details,
      notBefore,
    });
  }
}

/**
 * The code at the start of a failed run's message, or `UNEXPECTED`. Lambda returns only an error's type, message and stack
 * trace to the caller, so the message is the only field that can carry the code.
 */
export function codeOf(message: string): string {
  return /^([A-Z_]{3,40}): /.exec(message)?.[1] ?? UNEXPECTED;
}
