import type { MetricDataQuery } from '@aws-sdk/client-cloudwatch';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import type { CommandContext } from '../../../cli/command-context.ts';
import { EXIT } from '../../../cli/exit-codes.ts';
import { createShellCommands } from '../../../cli/shell-commands.ts';
import { status } from '../../../cli/status/status-command.ts';
import { styleFor } from '../../../cli/terminal/style.ts';
import { readSettings } from '../../../infra/settings.ts';
import { RefresherStack } from '../../../infra/stack.ts';
import { systemClock } from '../../../lambda/shared/clock.ts';
import { ENVIRONMENT } from '../../../lambda/shared/refresher-environment.ts';
import { type Answers, awsError, createAnsweringClients } from '../../support/answering-clients.ts';
import { createSimulatedTime } from '../../support/simulated-time.ts';

const NOW = 1_800_000_000;
const LATENCY_MS = 100;
const names = Array.from({ length: 60 }, (_, index) => `supplier${String(index).padStart(2, '0')}`);
const parameterOf = (name: string) => `/${name}/token`;

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

/** An account with 60 refreshers. Physical ids are `<name>-<logical id>`. */
function account({ expired, failed }: { readonly expired: string; readonly failed: string }): Answers {
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
    const left = parameter === parameterOf(expired) ? -240 : 2_400;
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
        const outcome = Dimensions?.some(({ Value }) => Value === parameterOf(failed)) ? 'Failed' : 'Kept';
        return { Id, Timestamps: MetricName === outcome ? [new Date((NOW - 180) * 1_000)] : [] };
      }),
    }),
    GetScheduleCommand: () => ({ State: 'ENABLED', ScheduleExpression: 'rate(5 minutes)' }),
    DescribeAlarmsCommand: ({ AlarmNames }: { AlarmNames: readonly string[] }) => ({
      MetricAlarms: AlarmNames.map((AlarmName) => ({ AlarmName, StateValue: 'OK' })),
    }),
  };
}

/** Runs `status` in an account in which each call takes 100 ms of virtual time. */
async function statusIn(
  answers: Answers,
  { name, json = false, columns }: { name?: string; json?: boolean; columns?: number } = {},
) {
  const time = createSimulatedTime(NOW * 1_000);
  const counts: Record<string, number> = {};
  const delayed = (command: string, answer: (input: never) => unknown) => async (input: never) => {
    counts[command.replace(/Command$/, '')] = (counts[command.replace(/Command$/, '')] ?? 0) + 1;
    await time.sleep(LATENCY_MS);
    return answer(input);
  };
  let shown = { value: [] as unknown, text: '' };
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
  const exitCode = await time.until(status(context, name, {}));
  return { exitCode, counts, ...shown, roundTrips: (time.now() - NOW * 1_000) / LATENCY_MS };
}

describe('status of 60 refreshers, each in a stack of its own', () => {
  const answers = account({ expired: 'supplier17', failed: 'supplier42' });

  test('shows one line for each, the worst first, on a screen of 80 columns', async () => {
    const { exitCode, text } = await statusIn(answers, { columns: 80 });
    const [header, first, second, third, ...rest] = text.split('\n');
    expect(header).toMatch(/^state {4}name {8}time left {2}last run$/);
    expect(first).toBe('expired  supplier17  none       2 min ago: kept    the token has expired; the t…');
    expect(second).toMatch(/^soon {5}supplier42 {2}40 min {5}\d min ago: failed {2}the last run failed$/);
    expect(third).toMatch(/^healthy {2}supplier00 {2}40 min {5}\d min ago: kept$/);
    expect(rest.slice(-2)).toEqual([
      '60 refreshers: 1 expired, 1 soon, 58 healthy',
      'Find the cause with: npm run token-refresher -- doctor supplier17',
    ]);
    expect(text.split('\n')).toHaveLength(63);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(exitCode).toBe(EXIT.noToken);
  });

  test('takes less than three seconds if each call takes 100 ms', async () => {
    const { counts, roundTrips } = await statusIn(answers);
    expect(roundTrips).toBeLessThanOrEqual(15);
    expect(counts).toEqual({
      DescribeStacks: 1,
      ListStackResources: 60,
      GetTemplate: 60,
      GetFunction: 60,
      DescribeKey: 60,
      DescribeSecret: 60,
      GetSchedule: 60,
      GetParameters: 6,
      DescribeAlarms: 3,
      GetMetricData: 1,
    });
  });

  test('reads the logs if the metrics may not be read', async () => {
    const denied = { ...answers, GetMetricDataCommand: () => awsError('AccessDenied') };
    const { counts, text } = await statusIn(denied);
    expect(counts.FilterLogEvents).toBe(60);
    expect(text).toContain('soon     supplier42');
  });

  test('reads each parameter by itself if a group cannot be read', async () => {
    const value = answers.GetParametersCommand as (input: { Names: string[] }) => { Parameters: unknown[] };
    const { counts, text } = await statusIn({
      ...answers,
      GetParametersCommand: (input: { Names: string[] }) =>
        input.Names.includes(parameterOf('supplier03')) ? awsError('AccessDeniedException') : value(input),
    });
    expect(counts.GetParameter).toBe(10);
    expect(text).toContain('60 refreshers: 1 expired, 1 soon, 58 healthy');
  });

  test('says for each refresher that its alarms may not be read', async () => {
    const { text } = await statusIn({ ...answers, DescribeAlarmsCommand: () => awsError('AccessDenied') });
    expect(text.match(/unknown alarms/g)).toHaveLength(60);
  });

  test('shows those that fit a pattern', async () => {
    const { text } = await statusIn(answers, { name: 'supplier0*' });
    expect(text.split('\n')).toHaveLength(12);
    expect(text).toContain('10 refreshers: 10 healthy');
  });

  test('shows the details of one that is named', async () => {
    const { text } = await statusIn(answers, { name: 'supplier42' });
    expect(text).toMatch(/^supplier42 {2}\/supplier42\/token {2}soon\n {2}token /);
    expect(text).toContain('RATE_LIMITED: why.');
  });

  test('prints the same JSON as before, by name and with the logs', async () => {
    const { value, counts } = await statusIn(answers, { json: true });
    expect((value as { name: string }[]).map(({ name }) => name)).toEqual(names);
    expect(value).toMatchObject({ 42: { last_run: { outcome: 'failed', code: 'RATE_LIMITED' } } });
    expect(counts.FilterLogEvents).toBe(60);
  });
});
