import { LambdaClient } from '@aws-sdk/client-lambda';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SSMClient } from '@aws-sdk/client-ssm';

export interface AwsClients {
  readonly ssm: SSMClient;
  readonly secretsManager: SecretsManagerClient;
  readonly lambda: LambdaClient;
}

/** Real SDK clients for an endpoint on this machine. They do not try again. */
export function awsClients(endpoint: string): AwsClients {
  const client = {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
    // Where a thousand consumers share a client, to wait for a socket is no fault.
    requestHandler: { socketAcquisitionWarningTimeout: 60_000 },
  };
  return {
    ssm: new SSMClient(client),
    secretsManager: new SecretsManagerClient(client),
    lambda: new LambdaClient(client),
  };
}
