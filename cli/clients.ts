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
import { CliError } from './cli-error.ts';

export interface Clients {
  readonly cloudFormation: CloudFormationClient;
  readonly cloudWatch: CloudWatchClient;
  readonly iam: IAMClient;
  readonly kms: KMSClient;
  readonly lambda: LambdaClient;
  readonly logs: CloudWatchLogsClient;
  readonly scheduler: SchedulerClient;
  readonly secretsManager: SecretsManagerClient;
  readonly sqs: SQSClient;
  readonly ssm: SSMClient;
}

/** The account options of the command line. */
export interface AccountOptions {
  readonly profile?: string;
  readonly region?: string;
}

/** Options override the environment, and the environment overrides the profile. The SDK ignores `AWS_DEFAULT_REGION`. */
export function createClients(
  { profile, region }: AccountOptions,
  environment: Readonly<Record<string, string | undefined>>,
): Clients {
  const chosenRegion = region ?? (environment.AWS_REGION || environment.AWS_DEFAULT_REGION || undefined);
  const settings = {
    ...(profile === undefined ? {} : { profile }),
    ...(chosenRegion === undefined ? {} : { region: chosenRegion }),
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 15_000, throwOnRequestTimeout: true },
  };
  return {
    cloudFormation: new CloudFormationClient(settings),
    cloudWatch: new CloudWatchClient(settings),
    iam: new IAMClient(settings),
    kms: new KMSClient(settings),
    lambda: new LambdaClient(forInvocation(settings)),
    logs: new CloudWatchLogsClient(settings),
    scheduler: new SchedulerClient(settings),
    secretsManager: new SecretsManagerClient(settings),
    sqs: new SQSClient(settings),
    ssm: new SSMClient(settings),
  };
}

/**
 * The region that the clients use.
 * @throws CliError if the options, the environment and the profile set none
 */
export function regionOf({ cloudFormation }: Clients): Promise<string> {
  return cloudFormation.config.region().catch(() => {
    throw new CliError('no AWS region is set. Use --region, set AWS_REGION, or run: aws configure');
  });
}
