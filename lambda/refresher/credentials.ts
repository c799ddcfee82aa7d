import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { describeAwsFailure } from '../shared/aws-failure.ts';
import { parseJsonObject } from '../shared/json.ts';
import { RefreshError } from '../shared/refresh-error.ts';

/** Ids of the secret's versions with the stages AWSCURRENT and AWSPREVIOUS. */
export interface SecretVersions {
  readonly current: string;
  readonly previous: string | undefined;
}

/** OAuth 2.0 client credentials (RFC 6749 section 2.3.1). */
export interface ClientCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

/**
 * Reads which versions of the secret are current and previous. `DescribeSecret` returns no secret value.
 * @throws RefreshError `CREDENTIALS_NOT_FOUND`, `CREDENTIALS_NOT_SET`, `CREDENTIALS_UNAVAILABLE`
 */
export async function describeCredentials(
  secretsManager: SecretsManagerClient,
  secretId: string,
): Promise<SecretVersions> {
  const answer = await secretsManager
    .send(new DescribeSecretCommand({ SecretId: secretId }))
    .catch((error: unknown) => Promise.reject(unavailable(secretId, error)));
  if (answer.DeletedDate !== undefined) throw scheduledForDeletion(secretId);
  const stages = Object.entries(answer.VersionIdsToStages ?? {});
  const versionWith = (stage: string) => stages.find(([, names]) => names.includes(stage))?.[0];
  const current = versionWith('AWSCURRENT');
  if (current === undefined) throw notSet(secretId);
  return { current, previous: versionWith('AWSPREVIOUS') };
}

/**
 * Reads one version of the credentials.
 * @throws RefreshError `CREDENTIALS_NOT_FOUND`, `CREDENTIALS_NOT_SET`, `CREDENTIALS_INVALID`, `CREDENTIALS_UNAVAILABLE`
 */
export async function readCredentials(
  secretsManager: SecretsManagerClient,
  secretId: string,
  versionId: string,
): Promise<ClientCredentials> {
  const answer = await secretsManager
    .send(new GetSecretValueCommand({ SecretId: secretId, VersionId: versionId }))
    .catch((error: unknown) => Promise.reject(unavailable(secretId, error)));
  if (answer.SecretString === undefined) throw invalid(secretId, 'it is binary');
  if (answer.SecretString.trim() === '') throw notSet(secretId);
  return parseCredentials(answer.SecretString, secretId);
}

function parseCredentials(text: string, secretId: string): ClientCredentials {
  const parsed = parseJsonObject(text);
  if (parsed === undefined) throw invalid(secretId, 'it is not a JSON object');
  const field = (name: string): string => {
    const value = parsed[name];
    if (value === undefined) throw invalid(secretId, `"${name}" is missing`);
    if (typeof value !== 'string' || value.trim() === '')
      throw invalid(secretId, `"${name}" is not a non-empty string`);
    return value;
  };
  return { clientId: field('client_id'), clientSecret: field('client_secret') };
}

const REQUIRED_SHAPE = '{"client_id": "…", "client_secret": "…"}';

function putCommand(secretId: string): string {
  return `aws secretsmanager put-secret-value --secret-id '${secretId}' --secret-string file://credentials.json`;
}

function notSet(secretId: string): RefreshError {
  return new RefreshError(
    'CREDENTIALS_NOT_SET',
    `secret ${secretId} is empty. Write ${REQUIRED_SHAPE} to credentials.json and run: ${putCommand(secretId)}`,
  );
}

function invalid(secretId: string, found: string): RefreshError {
  return new RefreshError(
    'CREDENTIALS_INVALID',
    `secret ${secretId} cannot be used: ${found}. It must be ${REQUIRED_SHAPE}. Correct it with: ${putCommand(secretId)}`,
  );
}

function scheduledForDeletion(secretId: string): RefreshError {
  return new RefreshError(
    'CREDENTIALS_NOT_FOUND',
    `secret ${secretId} is scheduled for deletion. Restore it with: aws secretsmanager restore-secret --secret-id '${secretId}'`,
  );
}

function unavailable(secretId: string, error: unknown): RefreshError {
  const failure = describeAwsFailure(error);
  const details = { reason: failure.name };
  if (failure.name === 'ResourceNotFoundException') {
    return new RefreshError(
      'CREDENTIALS_NOT_FOUND',
      `secret ${secretId} does not exist in this account and region. Create it, or correct credentials in the refresher's settings and deploy again.`,
      details,
    );
  }
  if (failure.name === 'InvalidRequestException') return scheduledForDeletion(secretId);
  return new RefreshError(
    'CREDENTIALS_UNAVAILABLE',
    `secret ${secretId} could not be read: ${failure.text}. ` +
      "The next check tries again. If access is denied, allow the function's role to read the secret and to decrypt with its key.",
    details,
  );
}
