import { Lambda } from '@aws-sdk/client-lambda';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SSM } from '@aws-sdk/client-ssm';
import { startAwsEndpoint } from '../embedded-cloud/endpoint.ts';
import type { FunctionHandler } from '../embedded-cloud/invoke.ts';
import { externalEndpoint } from '../external-endpoint.ts';

/** The name of the refresher's function for Lambda's Invoke. */
export const FUNCTION_NAME = 'token-refresher';

/** Parameter Store, Secrets Manager and Lambda, and their clients. */
export interface LocalCloud extends AsyncDisposable {
  readonly url: string;
  /** Whether `AWS_ENDPOINT_URL` names the endpoint. Then this process runs only Lambda. */
  readonly external: boolean;
  readonly lambdaUrl: string;
  readonly region: string;
  readonly credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  readonly ssm: SSM;
  readonly secretsManager: SecretsManagerClient;
  readonly lambda: Lambda;
}

/** Starts a cloud on this machine. Its Lambda invokes the refresher with `invoke`. */
export async function startLocalCloud(invoke: FunctionHandler): Promise<LocalCloud> {
  const externalUrl = await externalEndpoint();
  const embedded = await startAwsEndpoint({ functions: { [FUNCTION_NAME]: invoke } });
  const url = externalUrl ?? embedded.url;
  const access = readAccess();
  const ssm = new SSM({ ...access, endpoint: url });
  const secretsManager = new SecretsManagerClient({ ...access, endpoint: url });
  const lambda = new Lambda({ ...access, endpoint: embedded.url });
  return {
    ...access,
    url,
    external: externalUrl !== undefined,
    lambdaUrl: embedded.url,
    ssm,
    secretsManager,
    lambda,
    async [Symbol.asyncDispose]() {
      for (const client of [ssm, secretsManager, lambda]) client.destroy();
      await embedded.close();
    },
  };
}

function readAccess(): Pick<LocalCloud, 'region' | 'credentials'> {
  const { AWS_REGION, AWS_DEFAULT_REGION, AWS_SESSION_TOKEN: sessionToken } = process.env;
  const { AWS_ACCESS_KEY_ID: accessKeyId = 'local', AWS_SECRET_ACCESS_KEY: secretAccessKey = 'local' } =
    process.env;
  return {
    region: AWS_REGION ?? AWS_DEFAULT_REGION ?? 'us-east-1',
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) },
  };
}
