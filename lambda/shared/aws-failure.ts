/** What may be told of a failed AWS call. */
export interface AwsFailure {
  /** The error's name, such as `ThrottlingException` or `TimeoutError`. */
  readonly name: string;
  /** One phrase for a message. */
  readonly text: string;
}

/**
 * Errors whose text AWS composes from ARNs and action names alone. Others may quote the request or, where an
 * answer could not be read, a piece of the response: of those only the name is told.
 */
const NAMES_WITH_SAFE_TEXT: ReadonlySet<string> = new Set([
  'AccessDeniedException',
  'InvalidKeyId',
  'KMSAccessDeniedException',
  'KMSInvalidStateException',
  'ThrottlingException',
]);

export function describeAwsFailure(error: unknown): AwsFailure {
  if (!(error instanceof Error)) return { name: 'UnknownError', text: 'an unknown error' };
  const name = errorName(error);
  const status = httpStatus(error);
  const text = NAMES_WITH_SAFE_TEXT.has(name) ? ` "${error.message.slice(0, 600)}"` : '';
  return { name, text: `${name}${status === undefined ? '' : ` (HTTP ${status})`}${text}` };
}

/** A fault of the network is a plain `Error`, which only its code, such as `ECONNREFUSED`, tells from another. */
function errorName(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  if (typeof code === 'string' && /^E[A-Z0-9_]{2,40}$/.test(code)) return code;
  return /^[\w.#-]{1,80}$/.test(error.name) ? error.name : 'UnknownError';
}

function httpStatus(error: Error): number | undefined {
  const metadata = (error as { $metadata?: { httpStatusCode?: number } }).$metadata;
  return metadata?.httpStatusCode;
}
