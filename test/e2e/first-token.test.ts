import { DescribeStackEventsCommand, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  PutSecretValueCommand,
} from '@aws-sdk/client-secrets-manager';
import { GetParameterCommand, PutParameterCommand } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ENVIRONMENT } from '../../lambda/shared/refresher-environment.ts';
import { type AuthorizationServer, startAuthorizationServer } from '../../local/authorization-server.ts';
import { confidential } from '../support/confidential.ts';
import type { DeployedApp } from './deployed-app.ts';
import { findLeftovers } from './leftovers.ts';
import { createLocalApp } from './local-app.ts';
import { inSteps } from './steps.ts';

const STACK = 'TokenRefresher-existing';
const PARAMETER = '/existing/access-token';
const OCCUPIED = '/existing/occupied';
const SECRET = 'existing/credentials';

describe('an app whose cdk.json names an existing secret', () => {
  let app: DeployedApp;
  let authorizationServer: AuthorizationServer;

  const putCredentials = async (clientSecret: string) =>
    app.clients.secretsManager.send(
      new PutSecretValueCommand({
        SecretId: SECRET,
        SecretString: JSON.stringify({
          client_id: authorizationServer.clientId,
          client_secret: confidential(clientSecret),
        }),
      }),
    );
  const deploy = (context: Record<string, string> = {}) => app.deploy({ context });
  const stackStatus = async () => {
    const { Stacks: stacks = [] } = await app.clients.cloudFormation.send(
      new DescribeStacksCommand({ StackName: STACK }),
    );
    return stacks[0]?.StackStatus;
  };
  /** The reasons in CloudFormation's events for the failures since `from`. */
  const failuresSince = async (from: Date): Promise<readonly string[]> => {
    const { StackEvents: events = [] } = await app.clients.cloudFormation.send(
      new DescribeStackEventsCommand({ StackName: STACK }),
    );
    return events
      .filter(
        ({ Timestamp: at, ResourceStatus: status }) =>
          at !== undefined && at >= from && /FAILED/.test(status ?? ''),
      )
      .map(({ ResourceStatusReason: reason = '' }) => reason);
  };
  /** Expects a deployment to fail with this message, in the CLI's output and in the stack's events. */
  const expectFailure = async (context: Record<string, string>, message: RegExp) => {
    const from = new Date();
    await expect(deploy(context)).rejects.toThrow(message);
    expect(await failuresSince(from)).toContainEqual(expect.stringMatching(message));
  };

  inSteps();

  beforeAll(async () => {
    // A proxy that does not exist. Requests to this machine must not use it.
    vi.stubEnv('http_proxy', 'http://127.0.0.1:9');
    vi.stubEnv('no_proxy', 'example.com');
    authorizationServer = await startAuthorizationServer({ tokenLifetime: 3600 });
    const { tokenUrl } = authorizationServer;
    app = await createLocalApp('existing', { tokenUrl, parameterName: PARAMETER, credentials: SECRET });
    await app.clients.secretsManager.send(new CreateSecretCommand({ Name: SECRET }));
  });

  afterAll(async () => {
    vi.unstubAllEnvs();
    await Promise.all([authorizationServer?.stop(), app?.close()]);
  });

  test('fails to deploy if the authorization server rejects the credentials', async () => {
    await putCredentials('of-another-client');
    await expectFailure({}, /CLIENT_REJECTED: /);
    expect(await stackStatus()).toBe('ROLLBACK_COMPLETE');
    expect(await findLeftovers(app.clients, await app.resources())).toEqual([]);
    expect(await app.storedVersion()).toBe(0);
  });

  test('fails to deploy with a wrong token URL', async () => {
    await putCredentials(authorizationServer.clientSecret);
    const wrong = `${authorizationServer.url}/nothing-here`;
    await expectFailure({ 'existing.tokenUrl': wrong }, /REQUEST_REJECTED: .*HTTP 404/s);
    expect(await stackStatus()).toBe('ROLLBACK_COMPLETE');
    expect(await app.storedVersion()).toBe(0);
  });

  test('has its token when the deployment is done', async () => {
    await deploy();
    expect(await app.storedVersion()).toBe(1);
    expect(await authorizationServer.isActive((await app.storedToken()).access_token)).toBe(true);
  });

  test('has a new token when a deployment with another scope is done', async () => {
    await deploy({ 'existing.scope': 'travel:read' });
    expect(await app.storedVersion()).toBe(2);
    expect(await app.storedToken()).toMatchObject({ scope: 'travel:read' });
  });

  test('rolls back an update that cannot mint, and keeps its token', async () => {
    const wrong = {
      'existing.scope': 'travel:read',
      'existing.tokenUrl': `${authorizationServer.url}/nothing-here`,
    };
    await expectFailure(wrong, /REQUEST_REJECTED: .*HTTP 404/s);
    expect(await stackStatus()).toBe('UPDATE_ROLLBACK_COMPLETE');
    expect(await app.environment(app.output('FunctionName'))).toMatchObject({
      [ENVIRONMENT.tokenUrl]: authorizationServer.tokenUrl,
    });
    expect(await app.storedVersion()).toBe(2);
    expect(await app.refresh()).toMatchObject({ outcome: 'kept', reason: 'fresh' });
  });

  test('fails to deploy with a parameter that holds another value, and leaves it alone', async () => {
    const { ssm } = app.clients;
    const theirs = { Name: OCCUPIED, Value: 'of another owner' };
    await ssm.send(new PutParameterCommand({ ...theirs, Type: 'SecureString' }));
    await expectFailure(
      { 'existing.scope': 'travel:read', 'existing.parameterName': OCCUPIED },
      /PARAMETER_OCCUPIED: /,
    );
    expect(await stackStatus()).toBe('UPDATE_ROLLBACK_COMPLETE');
    const read = new GetParameterCommand({ Name: OCCUPIED, WithDecryption: true });
    expect((await ssm.send(read)).Parameter).toMatchObject({ ...theirs, Version: 1 });
    expect(await app.storedVersion()).toBe(2);
  });

  test('updates during rate limiting if its token is still valid', async () => {
    const aged = await app.age(3_000);
    authorizationServer.rateLimited = true;
    await deploy({ 'existing.scope': 'travel:read', 'existing.checkEvery': 'PT10M' });
    authorizationServer.rateLimited = false;
    expect(await app.storedVersion()).toBe(aged);
    expect(await app.environment(app.output('FunctionName'))).toMatchObject({
      [ENVIRONMENT.checkEvery]: '600',
    });
  });

  test('moves to another parameter and removes the former one', async () => {
    await deploy({ 'existing.parameterName': '/existing/moved' });
    const { Parameter: moved } = await app.clients.ssm.send(
      new GetParameterCommand({ Name: '/existing/moved' }),
    );
    expect(moved?.Version).toBe(1);
    expect(await app.storedVersion()).toBe(0);
  });

  test('keeps the secret and a parameter with another value on cdk destroy', async () => {
    const { secretsManager, ssm } = app.clients;
    const theirs = { Name: '/existing/moved', Value: 'of another owner' };
    await ssm.send(new PutParameterCommand({ ...theirs, Type: 'SecureString', Overwrite: true }));
    const resources = await app.resources();
    await app.destroy();
    expect(await findLeftovers(app.clients, resources)).toEqual([]);
    const read = new GetParameterCommand({ Name: theirs.Name, WithDecryption: true });
    expect((await ssm.send(read)).Parameter).toMatchObject(theirs);
    const secret = await secretsManager.send(new DescribeSecretCommand({ SecretId: SECRET }));
    expect(secret.DeletedDate).toBeUndefined();
  });
});
