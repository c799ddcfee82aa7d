import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SSMClient } from '@aws-sdk/client-ssm';

/** Real SDK clients for an endpoint on this machine. */
export function awsClients(endpoint: string): { ssm: SSMClient; secretsManager: SecretsManagerClient } {
  const client = {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  };
  return { ssm: new SSMClient(client), secretsManager: new SecretsManagerClient(client) };
}
