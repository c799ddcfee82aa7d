import { DescribeAlarmsCommand, GetDashboardCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { GetRoleCommand } from '@aws-sdk/client-iam';
import { DescribeKeyCommand } from '@aws-sdk/client-kms';
import { GetFunctionCommand } from '@aws-sdk/client-lambda';
import { GetScheduleGroupCommand, ListSchedulesCommand } from '@aws-sdk/client-scheduler';
import { DescribeSecretCommand } from '@aws-sdk/client-secrets-manager';
import { ListQueuesCommand } from '@aws-sdk/client-sqs';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import type { CloudClients } from '../../local/deploy-local/cloud-clients.ts';
import type { DeployedResource } from '../../local/deploy-local/stack-resources.ts';

/** Types that are deleted with another resource, or that exist in CloudFormation only. */
const PARTS: ReadonlySet<string> = new Set([
  'AWS::CDK::Metadata',
  'AWS::CloudFormation::WaitConditionHandle',
  'AWS::IAM::Policy',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Lambda::Permission',
  'AWS::Lambda::Url',
  'AWS::SQS::QueuePolicy',
  'Custom::FirstToken',
  'Custom::TokenRemoval',
]);

/**
 * The resources that still exist and are not scheduled for deletion.
 * @throws Error for an unknown type of resource
 */
export async function findLeftovers(
  clients: CloudClients,
  resources: readonly DeployedResource[],
): Promise<readonly string[]> {
  const { cloudWatch, iam, kms, lambda, logs, scheduler, secretsManager, sqs, ssm } = clients;
  const looks: Readonly<Record<string, (id: string) => Promise<boolean>>> = {
    'AWS::CloudWatch::Alarm': async (AlarmName) => {
      const { MetricAlarms = [] } = await cloudWatch.send(
        new DescribeAlarmsCommand({ AlarmNames: [AlarmName] }),
      );
      return MetricAlarms.length > 0;
    },
    'AWS::CloudWatch::Dashboard': (DashboardName) =>
      exists(() => cloudWatch.send(new GetDashboardCommand({ DashboardName }))),
    'AWS::IAM::Role': (RoleName) => exists(() => iam.send(new GetRoleCommand({ RoleName }))),
    'AWS::KMS::Key': async (KeyId) => {
      const { KeyMetadata: key } = await kms.send(new DescribeKeyCommand({ KeyId }));
      return key?.KeyState !== 'PendingDeletion';
    },
    'AWS::Lambda::Function': (FunctionName) =>
      exists(() => lambda.send(new GetFunctionCommand({ FunctionName }))),
    'AWS::Logs::LogGroup': async (logGroupNamePrefix) => {
      const { logGroups = [] } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix }));
      return logGroups.length > 0;
    },
    // The queue's policy denies direct requests without TLS, so this lists queues instead.
    'AWS::SQS::Queue': async (url) => {
      const QueueNamePrefix = url.slice(url.lastIndexOf('/') + 1);
      const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({ QueueNamePrefix }));
      return QueueUrls.length > 0;
    },
    'AWS::SSM::Parameter': (Name) => exists(() => ssm.send(new GetParameterCommand({ Name }))),
    'AWS::Scheduler::Schedule': async (NamePrefix) => {
      const { Schedules: schedules = [] } = await scheduler.send(new ListSchedulesCommand({ NamePrefix }));
      return schedules.length > 0;
    },
    'AWS::Scheduler::ScheduleGroup': (Name) =>
      exists(() => scheduler.send(new GetScheduleGroupCommand({ Name }))),
    'AWS::SecretsManager::Secret': (SecretId) =>
      exists(async () => {
        const { DeletedDate } = await secretsManager.send(new DescribeSecretCommand({ SecretId }));
        return DeletedDate === undefined;
      }),
  };
  const leftovers: string[] = [];
  for (const { type, physicalId } of resources) {
    if (PARTS.has(type)) continue;
    const look = looks[type];
    if (look === undefined) throw new Error(`no lookup for ${type}: add one to ${import.meta.filename}`);
    if (await look(physicalId)) leftovers.push(`${type} ${physicalId}`);
  }
  return leftovers;
}

const NOT_FOUND = /NotFound|NoSuchEntity/;

async function exists(look: () => Promise<unknown>): Promise<boolean> {
  try {
    return (await look()) !== false;
  } catch (error) {
    if (error instanceof Error && NOT_FOUND.test(error.name)) return false;
    throw error;
  }
}
