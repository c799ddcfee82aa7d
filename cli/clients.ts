import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { IAMClient } from '@aws-sdk/client-iam';
import { KMSClient } from '@aws-sdk/client-kms';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SchedulerClient } from '@aws-sdk/client-scheduler';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { SSMClient } from '@aws-sdk/client-ssm';
import { forInvocation } from '../lambda/shared/invoke-refresher.ts';
import { httpsAgent } from '../lambda/shared/proxy.ts';
import { assertRegion, regionOfEnvironment } from './check-account-options.ts';
import { CliError } from './cli-error.ts';
import { nameUnreachable } from './unreachable.ts';

export interface Clients {
  readonly cloudFormation: CloudFormationClient;
  readonly cloudWatch: CloudWatchClient;
  readonly iam: IAMClient;
  readonly kms: KMSClient;
  readonly lambda: LambdaClient;
  /** Invokes functions: waits longer, and never sends a request twice. */
  readonly invocations: LambdaClient;
  readonly logs: CloudWatchLogsClient;
  readonly scheduler: SchedulerClient;
  readonly secretsManager: SecretsManagerClient;
  readonly sqs: SQSClient;
  readonly ssm: SSMClient;
}

/** Attempts of a throttled request. Their waits add up to half a minute on average. */
const MAX_ATTEMPTS = 8;
const CONNECTION_TIMEOUT_MS = 3_000;

/** The account options of the command line. */
export interface AccountOptions {
  readonly profile?: string;
  readonly region?: string;
}

/** Options override the environment, and the environment overrides the profile. */
export function createClients(
  { profile, region }: AccountOptions,
  environment: Readonly<Record<string, string | undefined>>,
): Clients {
  const chosenRegion = region ?? regionOfEnvironment(environment);
  const settings = {
    ...(profile === undefined ? {} : { profile }),
    ...(chosenRegion === undefined ? {} : { region: chosenRegion }),
    // AWS throttles the reads of many stacks and refreshers. This mode also slows down the requests that follow.
    retryMode: 'adaptive',
    maxAttempts: MAX_ATTEMPTS,
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: 15_000,
      // Ends a call whose answer stops in the middle.
      socketTimeout: 15_000,
      throwOnRequestTimeout: true,
      // Both as in the SDK's own agent.
      httpsAgent: httpsAgent(CONNECTION_TIMEOUT_MS, { keepAlive: true, maxSockets: 50 }),
    },
  };
  const clients: Clients = {
    cloudFormation: new CloudFormationClient(settings),
    cloudWatch: new CloudWatchClient(settings),
    iam: new IAMClient(settings),
    kms: new KMSClient(settings),
    lambda: new LambdaClient(settings),
    invocations: new LambdaClient(forInvocation(settings)),
    logs: new CloudWatchLogsClient(settings),
    scheduler: new SchedulerClient(settings),
    secretsManager: new SecretsManagerClient(settings),
    sqs: new SQSClient(settings),
    ssm: new SSMClient(settings),
  };
  for (const [name, client] of Object.entries(clients)) {
    nameUnreachable(client, name === 'invocations' ? 1 : MAX_ATTEMPTS);
  }
  return clients;
}

/**
 * The region that the clients use.
 * @throws CliError if the options, the environment and the profile set none
 */
export async function regionOf({ cloudFormation }: Clients): Promise<string> {
  const region = await cloudFormation.config.region().catch(() => {
    throw new CliError('no usable AWS region is set. Use --region, set AWS_REGION, or run: aws configure');
  });
  assertRegion(region);
  return region;
}
