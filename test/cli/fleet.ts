import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type { CommandContext } from '../../cli/command-context.ts';
import { createShellCommands } from '../../cli/shell-commands.ts';
import { styleFor } from '../../cli/terminal/style.ts';
import { readSettings } from '../../infra/settings.ts';
import { RefresherStack } from '../../infra/stack.ts';
import { systemClock } from '../../lambda/shared/clock.ts';
import { ENVIRONMENT } from '../../lambda/shared/refresher-environment.ts';
import { type Answers, createAnsweringClients } from '../support/answering-clients.ts';
import { createSimulatedTime } from '../support/simulated-time.ts';

/** Unix time of every fleet, seconds. */
export const NOW = 1_800_000_000;
const LATENCY_MS = 100;
export const parameterOf = (name: string) => `/${name}/token`;

const template = ((): string => {
  const settings = readSettings({
    refreshers: {
      model: { tokenUrl: 'https://auth.example.com/token', parameterName: parameterOf('model') },
    },
  });
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
  const stack = new RefresherStack(app, 'TokenRefresher-model', settings.get('model') as never);
  return JSON.stringify(Template.fromStack(stack).toJSON());
})();
const resources = Object.entries(
  (JSON.parse(template) as { Resources: Record<string, { Type: string; Properties?: object }> }).Resources,
);
const refresherOf = (physicalId: string) => physicalId.split('-')[0] ?? '';

export interface Fleet {
  readonly names: readonly string[];
  /** The refresher whose token has expired. */
  readonly expired?: string;
  /** The refresher whose last run failed. */
  readonly failed?: string;
}

/** AWS's answers for refreshers that are each in a stack of its own. Physical ids are `<name>-<logical id>`. */
export function fleetAnswers({ names, expired, failed }: Fleet): Answers {
  const environment = (name: string) => ({
    [ENVIRONMENT.tokenUrl]: 'https://auth.example.com/token',
    [ENVIRONMENT.credentialsSecretId]: `${name}-secret`,
    [ENVIRONMENT.parameterName]: parameterOf(name),
    [ENVIRONMENT.parameterKeyId]: `${name}-key`,
    CLIENT_AUTHENTICATION: 'client_secret_post',
    CHECK_EVERY_SECONDS: '300',
    REFRESH_BEFORE_SECONDS: '1800',
  });
  const token = (parameter: string) => {
    const left = parameter === parameterOf(expired ?? '') ? -240 : 2_400;
    const times = { issued_at: NOW + left - 3_600, expires_at: NOW + left };
    return { access_token: 'the-token', token_type: 'Bearer', ...times, source: 'a'.repeat(64) };
  };
  return {
    DescribeStacksCommand: ({ StackName }: { StackName?: string }) => ({
      Stacks: names
        .filter((name) => (StackName ?? '').endsWith(name) || StackName === undefined)
        .map((name) => ({
          StackName: `TokenRefresher-${name}`,
          StackId: `arn:aws:cloudformation:us-east-1:123456789012:stack/TokenRefresher-${name}/uuid`,
          StackStatus: 'CREATE_COMPLETE',
        })),
    }),
    ListStackResourcesCommand: ({ StackName }: { StackName: string }) => ({
      StackResourceSummaries: resources.map(([LogicalResourceId, { Type: ResourceType }]) => ({
        LogicalResourceId,
        ResourceType,
        PhysicalResourceId: `${StackName.slice('TokenRefresher-'.length)}-${LogicalResourceId}`,
      })),
    }),
    GetTemplateCommand: ({ StackName }: { StackName: string }) => ({
      TemplateBody: template.replaceAll(
        parameterOf('model'),
        parameterOf(StackName.slice('TokenRefresher-'.length)),
      ),
    }),
    GetFunctionCommand: ({ FunctionName }: { FunctionName: string }) => ({
      Configuration: { Environment: { Variables: environment(refresherOf(FunctionName)) } },
    }),
    GetParametersCommand: ({ Names }: { Names: readonly string[] }) => ({
      Parameters: Names.map((Name) => ({
        ...{ Name, Type: 'SecureString', Version: 3 },
        Value: JSON.stringify(token(Name)),
      })),
    }),
    GetParameterCommand: ({ Name }: { Name: string }) => ({
      Parameter: { Type: 'SecureString', Version: 3, Value: JSON.stringify(token(Name)) },
    }),
    DescribeKeyCommand: () => ({ KeyMetadata: { KeyState: 'Enabled' } }),
    DescribeSecretCommand: () => ({ VersionIdsToStages: { v1: ['AWSCURRENT'] } }),
    FilterLogEventsCommand: ({ logGroupName }: { logGroupName: string }) => ({
      events: [
        {
          timestamp: (NOW - 120) * 1_000,
          message: JSON.stringify(
            refresherOf(logGroupName) === failed
              ? { level: 'ERROR', code: 'RATE_LIMITED', message: 'RATE_LIMITED: why.' }
              : { outcome: 'kept', reason: 'fresh' },
          ),
        },
      ],
    }),
    GetMetricDataCommand: ({ MetricDataQueries }: { MetricDataQueries: MetricDataQuery[] }) => ({
      MetricDataResults: MetricDataQueries.map(({ Id = '', MetricStat }) => {
        const { MetricName, Dimensions } = MetricStat?.Metric ?? {};
        const outcome = Dimensions?.some(({ Value }) => Value === parameterOf(failed ?? ''))
          ? 'Failed'
          : 'Kept';
        return { Id, Timestamps: MetricName === outcome ? [new Date((NOW - 180) * 1_000)] : [] };
      }),
    }),
    GetScheduleCommand: () => ({ State: 'ENABLED', ScheduleExpression: 'rate(5 minutes)' }),
    DescribeAlarmsCommand: ({ AlarmNames }: { AlarmNames: readonly string[] }) => ({
      MetricAlarms: AlarmNames.map((AlarmName) => ({ AlarmName, StateValue: 'OK' })),
    }),
  };
}

/** Runs a command in an account in which each call takes 100 ms of virtual time. */
export async function runInFleet<Code>(
  answers: Answers,
  command: (context: CommandContext) => Promise<Code>,
  { json = false, columns }: { readonly json?: boolean; readonly columns?: number } = {},
) {
  const time = createSimulatedTime(NOW * 1_000);
  const counts: Record<string, number> = {};
  const delayed = (name: string, answer: (input: never) => unknown) => async (input: never) => {
    const call = name.replace(/Command$/, '');
    counts[call] = (counts[call] ?? 0) + 1;
    await time.sleep(LATENCY_MS);
    return answer(input);
  };
  let shown = { value: undefined as unknown, text: '' };
  const context = {
    clients: createAnsweringClients(
      Object.fromEntries(Object.entries(answers).map(([name, answer]) => [name, delayed(name, answer)])),
    ),
    commands: createShellCommands({}),
    streams: { stdout: { columns } },
    clock: { ...systemClock, now: () => NOW * 1_000 },
    style: styleFor({}),
    json,
    answer: (value: unknown, text: string) => {
      shown = { value, text };
    },
  } as unknown as CommandContext;
  const exitCode = await time.until(command(context));
  return { exitCode, counts, ...shown, roundTrips: (time.now() - NOW * 1_000) / LATENCY_MS };
}
