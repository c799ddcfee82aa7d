import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { describeAwsFailure, isAccessDenied } from '../shared/aws-failure.ts';
import { credentialsShape } from '../shared/credential-fields.ts';
import { RefreshError } from '../shared/refresh-error.ts';
import type { Configuration } from './configuration.ts';
import { type ClientCredentials, type CredentialsProblem, parseCredentials } from './parse-credentials.ts';
import { type SecretVersions, versionsIn } from './secret-versions.ts';
import { shapeOfText } from './shape.ts';
import type { CallOptions } from './until-deadline.ts';

/** Which secret holds the credentials, and in which fields. */
export type CredentialsSource = Pick<Configuration, 'credentialsSecretId' | 'credentialFields'>;

/**
 * Reads which versions of the secret are current and previous. `DescribeSecret` returns no secret value.
 * @throws RefreshError `CREDENTIALS_NOT_FOUND`, `CREDENTIALS_NOT_SET`, `CREDENTIALS_UNAVAILABLE`
 */
export async function describeCredentials(
  secretsManager: SecretsManagerClient,
  source: CredentialsSource,
  options: CallOptions = {},
): Promise<SecretVersions> {
  const { credentialsSecretId: secretId } = source;
  const answer = await secretsManager
    .send(new DescribeSecretCommand({ SecretId: secretId }), options)
    .catch((error: unknown) => Promise.reject(unavailable(secretId, error)));
  if (answer.DeletedDate !== undefined) throw scheduledForDeletion(secretId);
  const versions = versionsIn(answer.VersionIdsToStages ?? {});
  if (versions === undefined) throw notSet(source);
  return versions;
}

/**
 * Reads one version of the credentials.
 * @throws RefreshError `CREDENTIALS_NOT_FOUND`, `CREDENTIALS_NOT_SET`, `CREDENTIALS_INVALID`, `CREDENTIALS_UNAVAILABLE`
 */
export async function readCredentials(
  secretsManager: SecretsManagerClient,
  source: CredentialsSource,
  versionId: string,
  options: CallOptions = {},
): Promise<ClientCredentials> {
  const { credentialsSecretId: secretId } = source;
  const { SecretString: text = '', SecretBinary: binary } = await secretsManager
    .send(new GetSecretValueCommand({ SecretId: secretId, VersionId: versionId }), options)
    .catch((error: unknown) => Promise.reject(unavailable(secretId, error)));
  if (binary !== undefined) throw invalid(source, { problem: shapeOfBinary(binary), otherNames: [] });
  if (text.trim() === '') throw notSet(source);
  const parsed = parseCredentials(text, source.credentialFields);
  if ('problem' in parsed) throw invalid(source, parsed);
  return parsed;
}

function shapeOfBinary(bytes: Uint8Array): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return `it is binary and holds ${shapeOfText(text)}, which must be stored as text`;
  } catch {
    return 'it is binary';
  }
}

function putCommand(secretId: string): string {
  return `aws secretsmanager put-secret-value --secret-id '${secretId}' --secret-string file://credentials.json`;
}

function notSet({ credentialsSecretId: secretId, credentialFields }: CredentialsSource): RefreshError {
  return new RefreshError(
    'CREDENTIALS_NOT_SET',
    `secret ${secretId} is empty. Write ${credentialsShape(credentialFields)} to credentials.json and run: ${putCommand(secretId)}`,
  );
}

function invalid(
  { credentialsSecretId: secretId, credentialFields }: CredentialsSource,
  { problem, otherNames }: CredentialsProblem,
): RefreshError {
  const found = `secret ${secretId} cannot be used: ${problem}`;
  const shape = credentialsShape(credentialFields);
  return new RefreshError(
    'CREDENTIALS_INVALID',
    otherNames.length === 0
      ? `${found}. It must be ${shape}. Correct it with: ${putCommand(secretId)}`
      : `${found}, but it has ${otherNames.join(' and ')}. Set credentialFields in the refresher's settings to these names and deploy, ` +
          `or store ${shape} with: ${putCommand(secretId)}`,
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
    `secret ${secretId} could not be read: ${failure.text}. ${
      isAccessDenied(failure.name)
        ? 'Either no secret has this name, or a policy does not allow reading it or decrypting with its key. ' +
          "Correct credentials in the refresher's settings, or the policy, and deploy again."
        : 'The next check tries again. If this lasts, check the state of Secrets Manager and the network path to it.'
    }`,
    details,
  );
}
