import { describeAwsFailure } from '../lambda/shared/aws-failure.ts';
import { RefreshError } from '../lambda/shared/refresh-error.ts';

/** A command could not do its work. The message says what to do. */
export class CliError extends Error {
  override readonly name = 'CliError';
}

const SESSION_EXPIRED = 'the AWS session has expired. Sign in again, for example with: aws sso login';
const CREDENTIALS_REFUSED = 'AWS rejects these credentials. Check them with: aws sts get-caller-identity';

/** Remedies for errors that every AWS service returns, by error name. */
const REMEDIES: Readonly<Record<string, string>> = {
  CredentialsProviderError:
    'no usable AWS credentials found. Set AWS_PROFILE, use --profile, or run: aws sso login, or: aws configure',
  TokenProviderError: 'the AWS IAM Identity Center session has expired. Sign in again with: aws sso login',
  ExpiredToken: SESSION_EXPIRED,
  ExpiredTokenException: SESSION_EXPIRED,
  InvalidClientTokenId: CREDENTIALS_REFUSED,
  UnrecognizedClientException: CREDENTIALS_REFUSED,
  SignatureDoesNotMatch: CREDENTIALS_REFUSED,
};

/** One phrase that says why something failed. Leaves out message texts that could hold a secret. */
export function describeFailure(error: unknown): string {
  if (error instanceof CliError || error instanceof RefreshError) return error.message;
  const { name, text } = describeAwsFailure(error);
  if (/^E[A-Z]+$/.test(name) || name === 'TimeoutError')
    return `AWS could not be reached: ${name}. Check the network, --region and AWS_ENDPOINT_URL`;
  return (
    REMEDIES[name] ??
    (name === 'AccessDenied' && error instanceof Error ? `${text} "${error.message}"` : text)
  );
}
