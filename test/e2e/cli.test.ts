import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  DisableAlarmActionsCommand,
  PutMetricAlarmCommand,
  SetAlarmStateCommand,
} from '@aws-sdk/client-cloudwatch';
import { DeleteLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  ListRolePoliciesCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import {
  DisableKeyCommand,
  KMSClient,
  PutKeyPolicyCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import {
  DeleteFunctionCommand,
  DeleteFunctionEventInvokeConfigCommand,
  PutFunctionConcurrencyCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionActiveV2,
} from '@aws-sdk/client-lambda';
import { DeleteScheduleCommand, GetScheduleCommand, UpdateScheduleCommand } from '@aws-sdk/client-scheduler';
import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  PutSecretValueCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { DeleteParameterCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Finding, Link } from '../../cli/doctor/finding.ts';
import { type AuthorizationServer, startAuthorizationServer } from '../../local/authorization-server.ts';
import { clientSettings } from '../../local/deploy-local/cloud-clients.ts';
import { findResource } from '../../local/deploy-local/stack-resources.ts';
import { confidential } from '../support/confidential.ts';
import { type BundledCli, createBundledCli } from './bundled-cli.ts';
import type { DeployedApp } from './deployed-app.ts';
import { createLocalApp } from './local-app.ts';
import { createRecordedOutput } from './recorded-output.ts';
import { inSteps } from './steps.ts';
import { startWithoutDecryption } from './without-decryption.ts';

/** How the package's CLI prints its own commands. */
const CLI = 'npx --no -- token-refresher';
const NAME = 'sandbox';
const STACK = `TokenRefresher-${NAME}`;
const APP = 'test/e2e/cli-app.ts';
const PARAMETER = '/sandbox/access-token';
const SECRET = 'sandbox/credentials';
const DEPLOYMENT_TIME_MS = 180_000;
const recorded = createRecordedOutput();

let app: DeployedApp;
let authorizationServer: AuthorizationServer;
let cli: BundledCli;
let cloudWatch: CloudWatchClient;
let kms: KMSClient;
let sqs: SQSClient;

const credentials = (clientSecret = authorizationServer.clientSecret) =>
  JSON.stringify({ client_id: authorizationServer.clientId, client_secret: confidential(clientSecret) });
const putSecret = (SecretString: string) =>
  app.clients.secretsManager.send(new PutSecretValueCommand({ SecretId: SECRET, SecretString }));
const resource = async (type: string, part = '') => findResource(await app.resources(), type, part);
const alarmNames = async () =>
  (await app.resources())
    .filter(({ type }) => type === 'AWS::CloudWatch::Alarm')
    .map(({ physicalId }) => physicalId);
const theFunction = () => app.output('FunctionName');
const schedule = async () => ({
  Name: await resource('AWS::Scheduler::Schedule'),
  GroupName: await resource('AWS::Scheduler::ScheduleGroup'),
});
const updateSchedule = async (change: object) => {
  const { Target, FlexibleTimeWindow, ScheduleExpression } = await app.clients.scheduler.send(
    new GetScheduleCommand(await schedule()),
  );
  const unchanged = { ...(await schedule()), Target, FlexibleTimeWindow, ScheduleExpression };
  await app.clients.scheduler.send(new UpdateScheduleCommand({ ...unchanged, ...change }));
};
const removePolicies = async (part: string) => {
  const RoleName = await resource('AWS::IAM::Role', part);
  const { PolicyNames = [] } = await app.clients.iam.send(new ListRolePoliciesCommand({ RoleName }));
  for (const PolicyName of PolicyNames) {
    await app.clients.iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName }));
  }
};
/** Deletes the role of the function and returns what makes it again. */
const deleteFunctionRole = async () => {
  const { iam } = app.clients;
  const RoleName = await resource('AWS::IAM::Role', 'RefresherFunctionRole');
  const { Role } = await iam.send(new GetRoleCommand({ RoleName }));
  const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }));
  const policies = await Promise.all(
    PolicyNames.map((PolicyName) => iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }))),
  );
  await removePolicies('RefresherFunctionRole');
  await iam.send(new DeleteRoleCommand({ RoleName }));
  return async () => {
    const trust = decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '');
    await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust }));
    for (const { PolicyName, PolicyDocument: document = '' } of policies) {
      const PolicyDocument = decodeURIComponent(document);
      await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument }));
    }
  };
};
const putParameter = (Value: string, Type: 'SecureString' | 'String' = 'SecureString') =>
  app.clients.ssm.send(new PutParameterCommand({ Name: PARAMETER, Value, Type, Overwrite: true }));
const deleteParameter = () => app.clients.ssm.send(new DeleteParameterCommand({ Name: PARAMETER }));
/** Runs the function once and ignores its result. */
const runOnce = async () => {
  await app.refresh({ force: true }).catch(() => undefined);
};

interface Fault {
  readonly id: string;
  inject(): Promise<unknown>;
  /** Each link that doctor reports as wrong, with a part of its finding. */
  readonly wrong: Readonly<Partial<Record<Link, RegExp>>>;
  /** The beginning of each command that doctor prints, in order. */
  readonly remedy: readonly string[];
  /** The state that status shows. */
  readonly state: 'healthy' | 'soon' | 'expired' | 'missing';
  /** Fixes what no command can fix, before the printed commands run. */
  fixElsewhere?(): Promise<unknown>;
}

const REFRESH = `${CLI} refresh ${NAME}`;
const SET = `${CLI} set-credentials ${NAME}`;

const RENEW_GRANT = ['update-function-configuration', 'wait', 'update-function-configuration', 'wait'].map(
  (operation) => `aws lambda ${operation} `,
);

const FAULTS: readonly Fault[] = [
  {
    id: 'schedule-off',
    inject: () => updateSchedule({ State: 'DISABLED' }),
    wrong: { schedule: /is off/ },
    remedy: ['aws scheduler update-schedule '],
    state: 'soon',
  },
  {
    id: 'schedule-deleted',
    inject: async () => app.clients.scheduler.send(new DeleteScheduleCommand(await schedule())),
    wrong: { schedule: /has been deleted/ },
    remedy: ['aws scheduler create-schedule '],
    state: 'soon',
  },
  {
    id: 'schedule-changed',
    inject: () =>
      updateSchedule({
        ScheduleExpression: 'rate(7 days)',
        FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 60 },
      }),
    wrong: { schedule: /rate\(7 days\) instead of rate\(15 minutes\), may start late$/ },
    remedy: ['aws scheduler update-schedule '],
    state: 'soon',
  },
  {
    id: 'schedule-role',
    inject: () => removePolicies('ScheduleRole'),
    wrong: { 'schedule role': /lacks permissions/ },
    remedy: ['aws iam put-role-policy '],
    state: 'healthy',
  },
  {
    id: 'function-deleted',
    inject: () => app.clients.lambda.send(new DeleteFunctionCommand({ FunctionName: theFunction() })),
    wrong: { function: /has been deleted/ },
    remedy: ['aws lambda create-function ', 'aws lambda put-function-event-invoke-config '],
    state: 'soon',
  },
  {
    id: 'function-environment',
    inject: async () => {
      const Variables = { ...(await app.environment(theFunction())), TOKEN_URL: 'http://auth.example.com' };
      const input = { FunctionName: theFunction(), Environment: { Variables } };
      await app.clients.lambda.send(new UpdateFunctionConfigurationCommand(input));
      await runOnce();
    },
    wrong: {
      function: /: TOKEN_URL\nCONFIGURATION_INVALID: /,
      'last run': /CONFIGURATION_INVALID/,
    },
    remedy: ['aws lambda update-function-configuration ', REFRESH],
    state: 'soon',
  },
  {
    id: 'function-log-level',
    inject: () =>
      app.clients.lambda.send(
        new UpdateFunctionConfigurationCommand({
          FunctionName: theFunction(),
          LoggingConfig: { ApplicationLogLevel: 'ERROR' },
        }),
      ),
    wrong: { function: /log level ERROR/ },
    remedy: ['aws lambda update-function-configuration '],
    state: 'healthy',
  },
  {
    id: 'function-concurrency',
    inject: () =>
      app.clients.lambda.send(
        new PutFunctionConcurrencyCommand({ FunctionName: theFunction(), ReservedConcurrentExecutions: 0 }),
      ),
    wrong: { function: /reserved concurrency is 0/ },
    remedy: ['aws lambda delete-function-concurrency '],
    state: 'soon',
  },
  {
    id: 'function-failed-runs',
    inject: () =>
      app.clients.lambda.send(
        new DeleteFunctionEventInvokeConfigCommand({ FunctionName: theFunction(), Qualifier: '$LATEST' }),
      ),
    wrong: {
      function:
        /^failed runs do not reach the dead-letter queue; Lambda retries failed runs; Lambda keeps throttled events for 6 h instead of 15 min$/,
    },
    remedy: ['aws lambda put-function-event-invoke-config '],
    state: 'healthy',
  },
  {
    id: 'function-role',
    inject: async () => {
      await removePolicies('RefresherFunctionRole');
      await runOnce();
    },
    wrong: { 'function role': /lacks permissions/, 'last run': /_UNAVAILABLE/ },
    remedy: ['aws iam put-role-policy ', REFRESH],
    state: 'soon',
  },
  {
    id: 'function-role-deleted',
    inject: deleteFunctionRole,
    wrong: { 'function role': /has been deleted/ },
    remedy: ['aws iam create-role ', 'aws iam put-role-policy ', ...RENEW_GRANT],
    state: 'healthy',
  },
  {
    id: 'function-role-made-again',
    inject: async () => (await deleteFunctionRole())(),
    wrong: { 'function role': /deleted and made again/ },
    remedy: RENEW_GRANT,
    state: 'healthy',
  },
  {
    id: 'key-disabled',
    inject: () => kms.send(new DisableKeyCommand({ KeyId: app.output('EncryptionKeyArn') })),
    wrong: { key: /is disabled/ },
    remedy: ['aws kms enable-key '],
    state: 'missing',
  },
  {
    id: 'key-deletion',
    inject: () =>
      kms.send(
        new ScheduleKeyDeletionCommand({ KeyId: app.output('EncryptionKeyArn'), PendingWindowInDays: 7 }),
      ),
    wrong: { key: /is scheduled for deletion/ },
    remedy: ['aws kms cancel-key-deletion ', 'aws kms enable-key '],
    state: 'missing',
  },
  {
    id: 'key-policy',
    inject: () =>
      kms.send(
        new PutKeyPolicyCommand({
          KeyId: app.output('EncryptionKeyArn'),
          PolicyName: 'default',
          Policy: JSON.stringify({
            Version: '2012-10-17',
            Statement: [
              {
                Effect: 'Allow',
                Principal: { AWS: 'arn:aws:iam::000000000000:root' },
                Action: ['kms:DescribeKey', 'kms:GetKeyPolicy', 'kms:PutKeyPolicy'],
                Resource: '*',
              },
            ],
          }),
        }),
      ),
    wrong: { key: /no longer grants access/ },
    remedy: ['aws kms put-key-policy '],
    state: 'healthy',
  },
  {
    id: 'secret-deletion',
    inject: async () => {
      await app.clients.secretsManager.send(new DeleteSecretCommand({ SecretId: SECRET }));
      await runOnce();
    },
    wrong: { secret: /CREDENTIALS_NOT_FOUND/, 'last run': /CREDENTIALS_NOT_FOUND/ },
    remedy: ['aws secretsmanager restore-secret ', REFRESH],
    state: 'soon',
  },
  {
    id: 'secret-gone',
    inject: () =>
      app.clients.secretsManager.send(
        new DeleteSecretCommand({ SecretId: SECRET, ForceDeleteWithoutRecovery: true }),
      ),
    wrong: { secret: /CREDENTIALS_NOT_FOUND/ },
    remedy: [`aws secretsmanager create-secret --name ${SECRET}`, SET],
    state: 'soon',
  },
  {
    id: 'secret-empty',
    // Like a secret that the stack created and nobody has set.
    inject: async () => {
      const { secretsManager } = app.clients;
      const { VersionIdsToStages: stages = {} } = await secretsManager.send(
        new DescribeSecretCommand({ SecretId: SECRET }),
      );
      const [current] = Object.entries(stages).find(([, names]) => names.includes('AWSCURRENT')) ?? [];
      await secretsManager.send(
        new UpdateSecretVersionStageCommand({
          SecretId: SECRET,
          VersionStage: 'AWSCURRENT',
          RemoveFromVersionId: current,
        }),
      );
    },
    wrong: { secret: /CREDENTIALS_NOT_SET/ },
    remedy: [SET],
    state: 'soon',
  },
  {
    id: 'secret-invalid',
    inject: () => putSecret('client_id=a&client_secret=b'),
    wrong: { secret: /CREDENTIALS_INVALID/, parameter: /other credentials/ },
    remedy: [SET, REFRESH],
    state: 'healthy',
  },
  {
    id: 'credentials-revoked',
    inject: async () => {
      authorizationServer.rotateClientSecret();
      await runOnce();
    },
    wrong: { 'last run': /CLIENT_REJECTED/ },
    remedy: [SET],
    state: 'soon',
  },
  {
    id: 'credentials-previous',
    inject: async () => {
      await putSecret(credentials('of-another-client'));
      await runOnce();
    },
    wrong: {
      parameter: /with the previous credentials: see last run/,
      'last run': /the current credentials were rejected/,
    },
    remedy: [SET],
    state: 'soon',
  },
  {
    id: 'endpoint-down',
    inject: async () => {
      await authorizationServer.stop();
      await runOnce();
    },
    wrong: { endpoint: /: ECONNREFUSED/, 'last run': /ENDPOINT_UNAVAILABLE/ },
    remedy: ['curl ', REFRESH],
    state: 'soon',
    fixElsewhere: () => authorizationServer.start(),
  },
  {
    id: 'parameter-deleted',
    inject: deleteParameter,
    wrong: { parameter: /does not exist/ },
    remedy: [REFRESH],
    state: 'missing',
  },
  {
    id: 'parameter-occupied',
    inject: () => putParameter('{"password": "of somebody else"}'),
    wrong: { parameter: /is occupied/ },
    remedy: [REFRESH],
    state: 'missing',
  },
  {
    id: 'parameter-string',
    inject: async () => {
      await deleteParameter();
      await putParameter('of somebody else', 'String');
    },
    wrong: { parameter: /is occupied: it holds a String/ },
    remedy: [`aws ssm delete-parameter --name ${PARAMETER}`, REFRESH],
    state: 'missing',
  },
  {
    id: 'parameter-damaged',
    inject: async () => putParameter(JSON.stringify({ ...(await app.storedToken()), expires_at: 'soon' })),
    wrong: { parameter: /damaged record/ },
    remedy: [REFRESH],
    state: 'missing',
  },
  {
    id: 'token-expired',
    inject: () => app.age(3_700),
    wrong: { parameter: /the token expired/ },
    remedy: [REFRESH],
    state: 'expired',
  },
  {
    id: 'log-group-deleted',
    inject: async () =>
      app.clients.logs.send(
        new DeleteLogGroupCommand({
          logGroupName: await resource('AWS::Logs::LogGroup', 'RefresherFunctionLogs'),
        }),
      ),
    wrong: { 'last run': /log group .* has been deleted/ },
    remedy: ['aws logs create-log-group ', 'aws logs put-retention-policy ', REFRESH],
    state: 'soon',
  },
  {
    id: 'alarm-deleted',
    inject: async () =>
      cloudWatch.send(
        new DeleteAlarmsCommand({ AlarmNames: [await resource('AWS::CloudWatch::Alarm', 'TokenExpiring')] }),
      ),
    wrong: { alarms: /^deleted: .*TokenExpiring/ },
    remedy: ['aws cloudwatch put-metric-alarm '],
    state: 'healthy',
  },
  {
    id: 'alarm-changed',
    inject: async () => {
      const name = await resource('AWS::CloudWatch::Alarm', 'TokenExpiring');
      const { MetricAlarms: [alarm] = [] } = await cloudWatch.send(
        new DescribeAlarmsCommand({ AlarmNames: [name] }),
      );
      const { Namespace, MetricName, Statistic, Period, EvaluationPeriods, ComparisonOperator } = alarm ?? {};
      const unchanged = { Namespace, MetricName, Statistic, Period, EvaluationPeriods };
      await cloudWatch.send(
        new PutMetricAlarmCommand({
          ...unchanged,
          AlarmName: name,
          ComparisonOperator,
          Dimensions: [{ Name: 'parameter', Value: '/another/parameter' }],
          Threshold: 0,
          TreatMissingData: 'notBreaching',
        }),
      );
    },
    wrong: {
      alarms: /^changed: TokenExpiring \(Dimensions, Threshold, TreatMissingData\)/,
    },
    remedy: ['aws cloudwatch put-metric-alarm '],
    state: 'healthy',
  },
  {
    id: 'alarm-silent',
    inject: async () =>
      cloudWatch.send(
        new DisableAlarmActionsCommand({
          AlarmNames: [await resource('AWS::CloudWatch::Alarm', 'Throttled')],
        }),
      ),
    wrong: { alarms: /^nobody is notified.*Throttled/ },
    remedy: ['aws cloudwatch enable-alarm-actions '],
    state: 'healthy',
  },
  {
    id: 'dead-letters',
    inject: async () =>
      sqs.send(new SendMessageCommand({ QueueUrl: await resource('AWS::SQS::Queue'), MessageBody: '{}' })),
    wrong: { 'dead letters': /in the queue: 1\b/ },
    remedy: ['aws sqs receive-message ', 'aws sqs purge-queue '],
    state: 'healthy',
  },
];

const EXIT_CODES = { healthy: 0, soon: 1, expired: 2, missing: 2 };

describe('the CLI', () => {
  inSteps();

  beforeAll(async () => {
    cloudWatch = new CloudWatchClient(clientSettings(inject('ministack')));
    kms = new KMSClient(clientSettings(inject('ministack')));
    sqs = new SQSClient(clientSettings(inject('ministack')));
    [authorizationServer, cli] = await Promise.all([
      startAuthorizationServer({ tokenLifetime: 3600 }),
      createBundledCli(),
    ]);
    app = await createLocalApp(NAME, {
      tokenUrl: authorizationServer.tokenUrl,
      parameterName: PARAMETER,
      credentials: SECRET,
      // Rare enough that no scheduled run interferes.
      checkEvery: 'PT15M',
    });
    await app.clients.secretsManager.send(
      new CreateSecretCommand({ Name: SECRET, SecretString: credentials() }),
    );
    await app.deploy({ app: APP });
    // MiniStack evaluates no metrics.
    for (const AlarmName of await alarmNames()) {
      await cloudWatch.send(
        new SetAlarmStateCommand({ AlarmName, StateValue: 'OK', StateReason: 'initial state' }),
      );
    }
  }, DEPLOYMENT_TIME_MS);

  afterAll(async () => {
    await app?.destroy({ app: APP });
    await Promise.all([authorizationServer?.stop(), cli?.close(), app?.close()]);
  }, DEPLOYMENT_TIME_MS);

  /** For a moment after a change, the function is pending, and doctor cannot say whether it runs. */
  const functionIsActive = () =>
    waitUntilFunctionActiveV2(
      { client: app.clients.lambda, minDelay: 1, maxDelay: 2, maxWaitTime: 60 },
      { FunctionName: theFunction() },
    );
  const findings = async (): Promise<readonly Finding[]> => {
    const { stdout, stderr } = await cli.run(['doctor', NAME, '--json']);
    expect(stderr).toBe('');
    return JSON.parse(stdout)[0].findings;
  };

  test('shows a fresh deployment as healthy', async () => {
    await app.age(1_100);
    const status = await cli.run(['status', NAME]);
    const overview = await cli.run(['status']);
    const doctor = await cli.run(['doctor', NAME]);
    expect(status).toMatchObject({ exitCode: 0, stderr: '' });
    expect(status.stdout).toContain('for the current credentials');
    expect(overview.stdout).toMatch(/^healthy {2}sandbox {2}\d+ min +\d+ (min|s) ago: minted$/m);
    expect(await cli.run(['status', '--verbose'])).toMatchObject({
      stdout: expect.stringContaining('for the current credentials'),
    });
    expect(doctor).toMatchObject({ exitCode: 0, stderr: '' });
    recorded.record('healthy', { command: `${CLI} status ${NAME}`, output: status.stdout });
    recorded.record('overview', { command: `${CLI} status`, output: overview.stdout });
    recorded.record('healthy-doctor', { command: `${CLI} doctor ${NAME}`, output: doctor.stdout });
  });

  test('shows an alarm that fires', async () => {
    const AlarmName = await resource('AWS::CloudWatch::Alarm', 'RefreshFailing');
    const set = (StateValue: 'ALARM' | 'OK') =>
      cloudWatch.send(new SetAlarmStateCommand({ AlarmName, StateValue, StateReason: 'in a test' }));
    await set('ALARM');
    const status = await cli.run(['status', NAME]);
    const doctor = await cli.run(['doctor', NAME]);
    await set('OK');
    expect(status).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining('3 ok; in alarm: RefreshFailing'),
    });
    expect(doctor).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining('✗ alarms        3 ok; in alarm'),
    });
    recorded.record(
      'alarm',
      { command: `${CLI} status ${NAME}`, output: status.stdout },
      { command: `${CLI} doctor ${NAME}`, output: withoutOkLinks(doctor.stdout) },
    );
  });

  test('selects a refresher by name, stack or parameter, and all of them without a name', async () => {
    const namesFor = async (...args: readonly string[]) => {
      const { stdout } = await cli.run(['status', '--json', ...args]);
      return (JSON.parse(stdout) as { name: string }[]).map(({ name }) => name);
    };
    expect(await namesFor(NAME)).toEqual([NAME]);
    expect(await namesFor(STACK)).toEqual([NAME]);
    expect(await namesFor(PARAMETER)).toEqual([NAME]);
    expect(await namesFor('sand*')).toEqual([NAME]);
    expect(await namesFor('/sandbox/*')).toEqual([NAME]);
    expect(await namesFor('--stack', STACK)).toEqual([NAME]);
    expect(await namesFor()).toContain(NAME);
  });

  test.for([
    [['status', 'nobody*'], /no refresher nobody\* in region us-east-1\. Found: .*sandbox/],
    [['status', 'nobody'], /no refresher nobody in region us-east-1\. Found: .*sandbox/],
    [['status', '--stack', 'Nothing'], /no refresher in stack Nothing of region us-east-1/],
    [['status', '--region', 'eu-west-1'], /no refresher in region eu-west-1/],
  ] as const)('%j fails with 3 and says what exists', async ([args, message]) => {
    const { exitCode, stdout, stderr } = await cli.run(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
    expect(stderr).toMatch(message);
  });

  test('prints the token only with --show', async () => {
    const { access_token: token } = await app.storedToken();
    const summary = await cli.run(['token', NAME]);
    expect(summary).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await cli.run(['token', NAME, '--show'])).toEqual({
      exitCode: 0,
      stderr: '',
      stdout: `${token}\n`,
    });
    const { stdout } = await cli.run(['token', NAME, '--show', '--json']);
    expect(JSON.parse(stdout)).toEqual(await app.storedToken());
    recorded.record('token', {
      command: `${CLI} token ${NAME}`,
      output: summary.stdout,
    });
  });

  test('prints nothing to standard output if there is no token to show', async () => {
    await deleteParameter();
    const missing = await cli.run(['token', NAME, '--show']);
    expect(missing).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringMatching(/does not exist\n.* doctor /),
    });
    await cli.run(['refresh', NAME]);
  });

  test('shows the status, but not the token, to a user who may not decrypt it', async () => {
    await cli.run(['refresh', NAME]);
    const parameterStore = await startWithoutDecryption(inject('ministack').url);
    const environment = { AWS_ENDPOINT_URL_SSM: parameterStore.url };
    const asOperator = (name: string) => cli.run([name, NAME], '', environment);
    expect(await asOperator('token')).toMatchObject({
      exitCode: 3,
      stdout: '',
      stderr: expect.stringContaining("the refresher's readers"),
    });
    const withoutTimes = ({ stdout }: { stdout: string }) => stdout.replaceAll(/\d+ (h|min|s)\b/g, '');
    const status = await asOperator('status');
    expect(withoutTimes(status)).toBe(withoutTimes(await cli.run(['status', NAME])));
    expect(status.exitCode).toBe(0);
    expect((await asOperator('doctor')).stdout).toMatch(/✓ parameter {5}the token is valid for \d+ min/);
    await app.age(0);
    expect(await asOperator('status')).toMatchObject({
      exitCode: 3,
      stdout: expect.stringMatching(/no permission to decrypt version \d+ of the parameter/),
    });
    await parameterStore.stop();
  });

  test("refresh mints a token, or fails with the refresher's own error", async () => {
    const minted = await cli.run(['refresh', NAME]);
    expect(minted).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(
        /^minted \(forced\), parameter version \d+.*\nThe next check runs within 15 min\. The next token is minted in about (30|29) min/,
      ),
    });
    authorizationServer.rateLimited = true;
    const failed = await cli.run(['refresh', NAME, '--json']);
    const shownFailure = await cli.run(['refresh', NAME]);
    authorizationServer.rateLimited = false;
    expect(failed.exitCode).toBe(1);
    expect(JSON.parse(failed.stdout)).toMatchObject({ outcome: 'failed', code: 'RATE_LIMITED' });
    recorded.record('refresh', {
      command: `${CLI} refresh ${NAME}`,
      output: minted.stdout,
    });
    recorded.record('refresh-failed', {
      command: `${CLI} refresh ${NAME}`,
      output: shownFailure.stdout,
    });
  });

  test('set-credentials stores only credentials that the token endpoint accepts', async () => {
    const currentVersion = async () =>
      JSON.parse((await cli.run(['status', NAME, '--json'])).stdout)[0].minted_for.secret_version;
    const before = await currentVersion();
    const set = (input: string) => cli.run(['set-credentials', NAME], input);
    const refused = await set(credentials('mistyped'));
    expect(refused).toMatchObject({
      exitCode: 1,
      stdout: expect.stringMatching(/^not stored {2}CLIENT_REJECTED/),
    });
    expect(await currentVersion()).toBe(before);
    const accepted = await set(credentials());
    expect(accepted).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('minted (source-changed)'),
    });
    expect(await currentVersion()).not.toBe(before);
    const shownCommand = `${CLI} set-credentials ${NAME} < credentials.json`;
    recorded.record('set-credentials', { command: shownCommand, output: accepted.stdout });
    recorded.record('set-credentials-refused', { command: shownCommand, output: refused.stdout });
  });

  describe.for(FAULTS)('$id', (fault) => {
    test('is found by doctor and fixed by the commands it prints', async () => {
      await fault.inject();

      const found = await findings();
      const wrong = found.filter(({ state }) => state === 'wrong');
      const status = await cli.run(['status', NAME]);
      const doctor = await cli.run(['doctor', NAME]);
      recorded.record(
        fault.id,
        { command: `${CLI} status ${NAME}`, output: status.stdout },
        { command: `${CLI} doctor ${NAME}`, output: withoutOkLinks(doctor.stdout) },
      );

      expect(Object.fromEntries(wrong.map(({ link, says }) => [link, says]))).toEqual(
        Object.fromEntries(
          Object.entries(fault.wrong).map(([link, says]) => [link, expect.stringMatching(says)]),
        ),
      );
      const remedy = wrong.flatMap((finding) => finding.remedy);
      expect(remedy).toEqual(fault.remedy.map((beginning) => expect.stringContaining(beginning)));
      expect(status).toMatchObject({ exitCode: EXIT_CODES[fault.state], stderr: '' });
      expect(doctor.exitCode).toBe(1);

      await fault.fixElsewhere?.();
      await cli.runPrinted(remedy, credentials());
      await functionIsActive();
      expect((await findings()).filter(({ state }) => state !== 'ok')).toEqual([]);
    });
  });

  test('prints what is recorded and documented', () => recorded.check());
});

/** Drops the lines of the links that are ok. */
function withoutOkLinks(output: string): string {
  return output
    .split('\n')
    .filter((line) => !line.startsWith('  ✓'))
    .join('\n');
}
