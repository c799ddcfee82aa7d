import { PutSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Configuration } from '../../lambda/refresher/configuration.ts';
import type { NewCredentials } from './ask-for-credentials.ts';

/** Stores the credentials as the secret's current version and returns its id. The old version becomes AWSPREVIOUS. */
export async function storeCredentials(
  secretsManager: SecretsManagerClient,
  { credentialsSecretId }: Configuration,
  { secretString }: NewCredentials,
): Promise<string> {
  const { VersionId: version } = await secretsManager.send(
    new PutSecretValueCommand({ SecretId: credentialsSecretId, SecretString: secretString }),
  );
  return version ?? '';
}
