import { Lambda } from '@aws-sdk/client-lambda';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SSM } from '@aws-sdk/client-ssm';

export interface AwsClients {
  readonly ssm: SSM;
  readonly secretsManager: SecretsManagerClient;
  readonly lambda: Lambda;
}

/** Real SDK clients for an endpoint on this machine, without retries. */
export function awsClients(endpoint: string): AwsClients {
  const client = {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
    // Some tests share one client among a thousand consumers, so waiting for a socket is normal.
    requestHandler: { socketAcquisitionWarningTimeout: 60_000 },
  };
  return {
    ssm: new SSM(client),
    secretsManager: new SecretsManagerClient(client),
    lambda: new Lambda(client),
  };
}
