/** Every way in which a reader can fail. Stable: callers rely on these names. */
export const TOKEN_UNAVAILABLE_CODES = [
  /** A name, the region, or an SDK client is missing, or a credential holds a line break. The message says which. */
  'CONFIGURATION_INVALID',
  /** The parameter does not exist, or not yet. */
  'PARAMETER_NOT_FOUND',
  /** The parameter holds a value that no refresher wrote. */
  'PARAMETER_OCCUPIED',
  /** The parameter holds a damaged token record. */
  'RECORD_UNREADABLE',
  /** This function may not read or decrypt the parameter, or has no AWS credentials. */
  'ACCESS_DENIED',
  /** Parameter Store refused the read for another reason, for example a malformed name. */
  'REQUEST_REJECTED',
  /** Parameter Store, or the source of a container's credentials, is throttling, failing or unreachable. */
  'STORE_UNAVAILABLE',
  /** The stored token has expired, and there is no new one. */
  'TOKEN_EXPIRED',
  /** The stored token is valid, but not for as long as required. */
  'VALIDITY_TOO_SHORT',
  /** A rejected token could not be reported to the refresher. */
  'REPORT_FAILED',
] as const;
export type TokenUnavailableCode = (typeof TOKEN_UNAVAILABLE_CODES)[number];

/** These last until somebody fixes the cause. All others may pass by themselves. */
const LASTING: readonly TokenUnavailableCode[] = [
  'CONFIGURATION_INVALID',
  'PARAMETER_OCCUPIED',
  'ACCESS_DENIED',
  'REQUEST_REJECTED',
];

/** A failure that has not been thrown yet. */
export interface Unavailability {
  readonly code: TokenUnavailableCode;
  /** What failed, what was found, and what to do. */
  readonly text: string;
  /** Holds only the name and the safe text of a library's error, because the error itself may hold the token. */
  readonly cause?: Error;
}

/**
 * The error of every failed read or report. Its message starts with the code, for searches in logs. The last sentence
 * says what to do. Neither the message nor `cause` holds a token.
 */
export class TokenUnavailableError extends Error {
  override readonly name = 'TokenUnavailableError';
  readonly code: TokenUnavailableCode;
  /** Whether the same call may succeed later without a change. */
  readonly retryable: boolean;

  constructor({ code, text, cause }: Unavailability) {
    super(`${code}: ${text}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.retryable = !LASTING.includes(code);
  }
}
