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

/** What the command line says of the account; what it does not say is taken from where the AWS CLI takes it. */
export interface AccountOptions {
  readonly profile?: string;
  readonly region?: string;
}

/**
 * Clients for the profile and region of the command line, else of the environment or the shared configuration. The SDK
 * itself knows neither `AWS_DEFAULT_REGION` nor the precedence that the AWS CLI gives to it.
 */
export function createClients(
  { profile, region }: AccountOptions,
  environment: Readonly<Record<string, string | undefined>>,
): Clients {
  const named = region ?? (environment.AWS_REGION || environment.AWS_DEFAULT_REGION || undefined);
  const settings = {
    ...(profile === undefined ? {} : { profile }),
    ...(named === undefined ? {} : { region: named }),
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
