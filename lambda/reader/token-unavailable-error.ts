/** Every way in which a reader can fail. Stable: callers rely on these names. */
export const TOKEN_UNAVAILABLE_CODES = [
  /** The parameter does not exist (yet). */
  'PARAMETER_NOT_FOUND',
  /** The parameter holds something that no refresher wrote. */
  'PARAMETER_OCCUPIED',
  /** The parameter holds a token record with damaged fields. */
  'RECORD_UNREADABLE',
  /** This function may not read the parameter, or has no AWS credentials. */
  'ACCESS_DENIED',
  /** Parameter Store refused the read for another reason, such as a malformed name. */
  'REQUEST_REJECTED',
  /** Parameter Store is throttling, failing or out of reach. */
  'STORE_UNAVAILABLE',
  /** The stored token has expired and was not replaced. */
  'TOKEN_EXPIRED',
  /** The stored token is valid, but for less time than was asked for. */
  'VALIDITY_TOO_SHORT',
  /** A rejected token could not be reported to the refresher. */
  'REPORT_FAILED',
] as const;
export type TokenUnavailableCode = (typeof TOKEN_UNAVAILABLE_CODES)[number];

/** Codes after which the same call may succeed without anybody's change: the refresher or AWS may recover. */
const RETRYABLE: ReadonlySet<TokenUnavailableCode> = new Set<TokenUnavailableCode>([
  'PARAMETER_NOT_FOUND',
  'RECORD_UNREADABLE',
  'STORE_UNAVAILABLE',
  'TOKEN_EXPIRED',
  'VALIDITY_TOO_SHORT',
  'REPORT_FAILED',
]);

/** What a failure is made of before anybody throws it. */
export interface Unavailability {
  readonly code: TokenUnavailableCode;
  /** What failed, what was found, and what to do. */
  readonly text: string;
  /** Only the name and the safe text of a library's error: the error itself may hold the token. */
  readonly cause?: Error;
}

/**
 * The one error that a reader fails with. The message begins with the code, so that it is found in any log, and ends
 * with the remedy. Neither it nor its `cause` holds a token.
 */
export class TokenUnavailableError extends Error {
  override readonly name = 'TokenUnavailableError';
  readonly code: TokenUnavailableCode;
  /** Whether the same call may succeed later without a change. */
  readonly retryable: boolean;

  constructor({ code, text, cause }: Unavailability) {
    super(`${code}: ${text}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.retryable = RETRYABLE.has(code);
  }
}
