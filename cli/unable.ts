import { describeAwsFailure } from '../lambda/shared/aws-failure.ts';
import { RefreshError } from '../lambda/shared/refresh-error.ts';

/** A command that could not be carried out. The message says what to do. */
export class Unable extends Error {
  override readonly name = 'Unable';
}

/** What to do about failures that are the same whichever AWS service is asked. */
const REMEDIES: Readonly<Record<string, string>> = {
  CredentialsProviderError:
    'no AWS credentials were found that work. Set AWS_PROFILE or --profile, sign in with: aws sso login, or configure some with: aws configure',
  TokenProviderError: 'the session of AWS IAM Identity Center has ended. Sign in again with: aws sso login',
  ExpiredToken: 'the AWS session has expired. Sign in again, for example with: aws sso login',
  ExpiredTokenException: 'the AWS session has expired. Sign in again, for example with: aws sso login',
  InvalidClientTokenId: 'AWS does not know these credentials. Check them with: aws sts get-caller-identity',
  UnrecognizedClientException:
    'AWS does not know these credentials. Check them with: aws sts get-caller-identity',
  SignatureDoesNotMatch:
    'AWS does not accept these credentials. Check them with: aws sts get-caller-identity',
};

/** One phrase on why something could not be done. Texts that may hold anything are not repeated. */
export function describeFailure(error: unknown): string {
  if (error instanceof Unable || error instanceof RefreshError) return error.message;
  if (error instanceof Error && error.message === 'Region is missing') {
    return 'no AWS region is set. Give --region, set AWS_REGION, or configure one with: aws configure';
  }
  const { name, text } = describeAwsFailure(error);
  if (/^E[A-Z]+$/.test(name) || name === 'TimeoutError') return `AWS could not be reached: ${name}`;
  return (
    REMEDIES[name] ??
    (name === 'AccessDenied' && error instanceof Error ? `${text} "${error.message}"` : text)
  );
}
