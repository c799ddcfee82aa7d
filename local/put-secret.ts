import {
  CreateSecretCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';

/** Creates a secret or, if it exists, gives it a new value. Returns its ARN. */
export async function putSecret(
  secretsManager: SecretsManagerClient,
  name: string,
  SecretString: string,
): Promise<string> {
  const { ARN: arn = name } = await secretsManager
    .send(new CreateSecretCommand({ Name: name, SecretString }))
    .catch((error: unknown) => {
      if (!(error instanceof ResourceExistsException)) throw error;
      return secretsManager.send(new PutSecretValueCommand({ SecretId: name, SecretString }));
    });
  return arn;
}
