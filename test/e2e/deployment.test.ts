import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { GetScheduleCommand, GetScheduleGroupCommand } from '@aws-sdk/client-scheduler';
import { PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { ENVIRONMENT } from '../../lambda/shared/refresher-environment.ts';
import { type AuthorizationServer, startAuthorizationServer } from '../../local/authorization-server.ts';
import { run } from '../../local/deploy-local/run-command.ts';
import { findResource, listResources } from '../../local/deploy-local/stack-resources.ts';
import { type GuardedApi, startGuardedApi } from '../../local/guarded-api.ts';
import { confidential } from '../support/confidential.ts';
import { createBundledCli } from './bundled-cli.ts';
import type { DeployedApp } from './deployed-app.ts';
import { findLeftovers } from './leftovers.ts';
import { createLocalApp } from './local-app.ts';
import { allows, readTrustPolicy } from './permissions.ts';
import type { ConsumerResult } from './reading-consumer.ts';
import { inSteps } from './steps.ts';

const STACK = 'TokenRefresher-spotnana';
const CONSUMER_STACK = 'Consumer-spotnana';
const CONSUMER_APP = 'test/e2e/consumer-app.ts';
const PARAMETER = '/spotnana/access-token';
const TOKEN_LIFETIME = 3600;

describe('an app whose cdk.json names no secret', () => {
  let app: DeployedApp;
  let authorizationServer: AuthorizationServer;
  let api: GuardedApi;
  let directory: string;
  let context: Record<string, string>;

  const credentials = () => {
    const { clientId, clientSecret } = authorizationServer;
    return JSON.stringify({ client_id: clientId, client_secret: confidential(clientSecret) });
  };
  const consume = (consumer: 'Connected' | 'Reading' | 'Stranger') =>
    app.invoke<ConsumerResult>(app.output(`${consumer}Name`, CONSUMER_STACK));

  inSteps();

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'token-refresher-e2e-'));
    authorizationServer = await startAuthorizationServer({ tokenLifetime: TOKEN_LIFETIME });
    api = await startGuardedApi(authorizationServer.isActive);
    app = await createLocalApp('spotnana', {
      tokenUrl: authorizationServer.tokenUrl,
      parameterName: PARAMETER,
      checkEvery: 'PT1M',
      refreshBefore: 'PT2M',
    });
    context = { apiUrl: api.url };
  });

  afterAll(async () => {
    await Promise.all([authorizationServer?.stop(), api?.stop(), app?.close()]);
    await rm(directory, { recursive: true, force: true });
  });

  test('deploys, and its outputs name the next step', async () => {
    await app.deploy({ context });
    const resources = await app.resources();
    expect(app.output('ParameterName')).toBe(PARAMETER);
    expect(app.output('ParameterArn')).toBe(`arn:aws:ssm:us-east-1:000000000000:parameter${PARAMETER}`);
    expect(app.output('EncryptionKeyArn')).toContain(findResource(resources, 'AWS::KMS::Key'));
    expect(app.output('NextStep')).toContain('PutCredentialsCommand');
    expect(await app.storedVersion()).toBe(0);
  });

  test('fails each run with CREDENTIALS_NOT_SET and the fix while the secret is empty', async () => {
    await expect(app.refresh()).rejects.toThrow(
      /^CREDENTIALS_NOT_SET: .*aws secretsmanager put-secret-value /s,
    );
    expect(await app.logged({ code: 'CREDENTIALS_NOT_SET' })).toMatchObject({
      level: 'ERROR',
      message: expect.stringContaining('aws secretsmanager put-secret-value'),
    });
    expect(authorizationServer.requests).toBe(0);
  });

  test('has a schedule that may only invoke this function and write to the dead-letter queue', async () => {
    const { iam, lambda, scheduler } = app.clients;
    const resources = await app.resources();
    const GroupName = findResource(resources, 'AWS::Scheduler::ScheduleGroup');
    const Name = findResource(resources, 'AWS::Scheduler::Schedule');
    const { Arn: groupArn } = await scheduler.send(new GetScheduleGroupCommand({ Name: GroupName }));
    const schedule = await scheduler.send(new GetScheduleCommand({ GroupName, Name }));
    const { FunctionArn: functionArn = '' } = await lambda.send(
      new GetFunctionConfigurationCommand({ FunctionName: app.output('FunctionName') }),
    );
    expect(schedule).toMatchObject({
      State: 'ENABLED',
      ScheduleExpression: 'rate(1 minute)',
      Target: { Arn: functionArn, Input: '{}' },
    });
    const roleArn = schedule.Target?.RoleArn ?? '';
    const queueArn = schedule.Target?.DeadLetterConfig?.Arn ?? '';
    expect(await readTrustPolicy(iam, roleArn)).toMatchObject({
      Statement: [
        {
          Effect: 'Allow',
          Action: 'sts:AssumeRole',
          Principal: { Service: 'scheduler.amazonaws.com' },
          Condition: { StringEquals: { 'aws:SourceAccount': '000000000000', 'aws:SourceArn': groupArn } },
        },
      ],
    });
    const permissions: readonly [action: string, resource: string, allowed: boolean][] = [
      ['lambda:InvokeFunction', functionArn, true],
      ['lambda:InvokeFunction', `${functionArn}-of-another`, false],
      ['lambda:UpdateFunctionCode', functionArn, false],
      ['sqs:SendMessage', queueArn, true],
      ['sqs:SendMessage', `${queueArn}-of-another`, false],
    ];
    for (const [action, resource, allowed] of permissions) {
      expect(await allows(iam, roleArn, action, resource), `${action} on ${resource}`).toBe(allowed);
    }
  });

  test('does not change when it is deployed again', async () => {
    expect(await app.deploy({ context })).toContain(`${STACK} (no changes)`);
  });

  test('gets its credentials from the command in its outputs', async () => {
    await writeFile(join(directory, 'credentials.json'), credentials());
    const aws = `aws() { '${inject('awsPython')}' -m awscli "$@"; }`;
    await run('bash', ['-c', `${aws}; ${app.output('PutCredentialsCommand')}`], {
      directory,
      environment: { ...inject('ministack').environment, PATH: process.env.PATH, HOME: directory },
    });
  });

  test('can be connected to the functions of another stack', async () => {
    await app.deploy({ app: CONSUMER_APP, context });
  });

  test('mints on its next scheduled run', async () => {
    expect(await app.nextScheduledVersion(0)).toBe(1);
    await app.logged({ outcome: 'minted', reason: 'missing' });
    expect(authorizationServer.issued).toBe(1);
  });

  test('passes doctor after the first scheduled run', async () => {
    const cli = await createBundledCli();
    const { stdout } = await cli.run(['doctor', 'spotnana']);
    await cli.close();
    expect(stdout).toMatch(/✓ parameter/);
    // The queue's policy requires TLS, which the cloud does not offer. Its alarms count the failed runs of other tests.
    const faults = stdout.match(/^ {2}[✗?].*/gm)?.filter((line) => !/✗ alarms/.test(line));
    expect(faults).toEqual([expect.stringMatching(/\? dead letters/)]);
  });

  test('gives its token, which the API accepts, only to functions that may read it', async () => {
    expect(await consume('Reading')).toEqual({ status: 200, version: 1, fingerprint: expect.any(String) });
    expect(await consume('Connected')).toEqual({ status: 200 });
    expect(await consume('Stranger')).toEqual({});
  });

  test('replaces a revoked token once while ten consumers report it', async () => {
    const { fingerprint: rejected } = await consume('Reading');
    // The refresher does not replace a token in its first minute.
    const aged = await app.age(120);
    authorizationServer.revokeAll();
    expect(await consume('Reading')).toMatchObject({ status: 401 });

    const users = await Promise.all(Array.from({ length: 5 }, () => consume('Connected')));
    expect(users).toEqual(Array(5).fill({ status: 200 }));
    const late = await Promise.all(Array.from({ length: 5 }, () => app.refresh({ rejected })));
    expect(late.map(({ reason }) => reason)).toEqual(Array(5).fill('already-replaced'));

    expect(authorizationServer.issued).toBe(2);
    await app.logged({ outcome: 'minted', reason: 'rejected' });
    expect(await consume('Reading')).toMatchObject({ status: 200, version: aged + 1 });
  });

  test('replaces the token within one check when the credentials are rotated', async () => {
    const before = await app.storedVersion();
    authorizationServer.rotateClientSecret();
    await app.clients.secretsManager.send(
      new PutSecretValueCommand({
        SecretId: app.output('CredentialsSecretArn'),
        SecretString: credentials(),
      }),
    );
    expect(await app.nextScheduledVersion(before)).toBe(before + 1);
    await app.logged({ outcome: 'minted', reason: 'source-changed' });
    expect(authorizationServer.issued).toBe(3);
    expect(await consume('Reading')).toMatchObject({ status: 200, version: before + 1 });
    expect(await consume('Connected')).toEqual({ status: 200 });
  });

  test('applies a new refreshBefore as soon as it is deployed', async () => {
    const aged = await app.age(TOKEN_LIFETIME - 600);
    expect(await app.refresh()).toMatchObject({ outcome: 'kept', reason: 'fresh' });

    const deployedAt = Date.now();
    context['spotnana.refreshBefore'] = 'PT30M';
    await app.deploy({ app: CONSUMER_APP, context });

    expect(await app.environment(app.output('FunctionName'))).toMatchObject({
      [ENVIRONMENT.refreshBefore]: '1800',
    });
    await app.logged({ outcome: 'minted', reason: 'expiring' }, deployedAt);
    expect(await app.storedVersion()).toBe(aged + 1);
  });

  test('leaves only its key after cdk destroy, pending deletion', async () => {
    await app.storedToken();
    const { clients } = app;
    const resources = [...(await app.resources()), ...(await listResources(clients, CONSUMER_STACK))];
    const before = await findLeftovers(clients, resources);
    expect(before.map((leftover) => leftover.split(' ')[0])).toEqual(
      expect.arrayContaining([
        'AWS::IAM::Role',
        'AWS::KMS::Key',
        'AWS::Lambda::Function',
        'AWS::Logs::LogGroup',
        'AWS::SQS::Queue',
        'AWS::SSM::Parameter',
        'AWS::Scheduler::Schedule',
        'AWS::Scheduler::ScheduleGroup',
        'AWS::SecretsManager::Secret',
      ]),
    );
    await app.destroy({ app: CONSUMER_APP, context });
    expect(await findLeftovers(clients, resources)).toEqual([]);
    expect(await app.storedVersion(), 'the parameter').toBe(0);
  });
});
