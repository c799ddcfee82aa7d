import { isUntrustedCertificate } from './untrusted-certificate.ts';

/** What is safe to log about a failed AWS call. */
export interface AwsFailure {
  /** The error's name, such as `ThrottlingException` or `TimeoutError`. */
  readonly name: string;
  /** One phrase for a message. */
  readonly text: string;
}

/** The messages of these errors hold only ARNs and action names. Other messages may quote the request or the response. */
const NAMES_WITH_SAFE_TEXT: ReadonlySet<string> = new Set([
  'AccessDeniedException',
  'InvalidKeyId',
  'KMSAccessDeniedException',
  'KMSInvalidStateException',
  'ThrottlingException',
]);

/** AWS's own certificates are trusted, so this one is that of a proxy. */
const UNTRUSTED_CERTIFICATE =
  'no trusted authority issued the certificate; behind a proxy that intercepts TLS, set NODE_EXTRA_CA_CERTS';

export function describeAwsFailure(error: unknown): AwsFailure {
  if (!(error instanceof Error)) return { name: 'UnknownError', text: 'an unknown error' };
  const name = errorName(error);
  const status = httpStatus(error);
  if (isUntrustedCertificate(name)) return { name, text: `${name} (${UNTRUSTED_CERTIFICATE})` };
  const text = NAMES_WITH_SAFE_TEXT.has(name) ? ` "${error.message.slice(0, 600)}"` : '';
  return { name, text: `${name}${status === undefined ? '' : ` (HTTP ${status})`}${text}` };
}

/** Whether AWS denied the call. */
export function isAccessDenied(failureName: string): boolean {
  return failureName.includes('AccessDenied');
}

/** Whether AWS refused the call because there were too many. */
export function isThrottled(failureName: string): boolean {
  return /Throttl|TooManyRequests/.test(failureName);
}

/** Whether the SDK found no credentials for the call. `TokenProviderError`: the session of IAM Identity Center has ended. */
export function isWithoutCredentials(failureName: string): boolean {
  return /^(Credentials|Token)?ProviderError$/.test(failureName);
}

/** Network and TLS errors are named `Error`. Only their code, such as `ECONNREFUSED`, identifies them. */
function errorName(error: Error): string {
  const code = String((error as NodeJS.ErrnoException).code);
  const known = error.name === 'Error' ? /^[A-Z][A-Z0-9_]{2,60}$/ : /^E[A-Z0-9_]{2,40}$/;
  if (known.test(code)) return code;
  return /^[\w.#-]{1,80}$/.test(error.name) ? error.name : 'UnknownError';
}

function httpStatus(error: Error): number | undefined {
  const metadata = (error as { $metadata?: { httpStatusCode?: number } }).$metadata;
  return metadata?.httpStatusCode;
}
