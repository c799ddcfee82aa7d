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
import { createDeployedApp, type DeployedApp } from './deployed-app.ts';
import { findLeftovers } from './leftovers.ts';
import { inSteps } from './steps.ts';

const STACK = 'TokenRefresher-existing';
const PARAMETER = '/existing/access-token';
const OCCUPIED = '/existing/occupied';
const SECRET = 'existing/credentials';

/** The way that the README recommends. */
describe('the app of a cdk.json that names an existing secret', () => {
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
  /** The reasons that CloudFormation's events give for what failed since `from`. */
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
  /** Deploys what has to fail, in the command's output as in the stack's events. */
  const expectFailure = async (context: Record<string, string>, message: RegExp) => {
    const from = new Date();
    await expect(deploy(context)).rejects.toThrow(message);
    expect(await failuresSince(from)).toContainEqual(expect.stringMatching(message));
  };

  inSteps();

  beforeAll(async () => {
    // A proxy that nothing may be sent to, least of all what is for this machine.
    vi.stubEnv('http_proxy', 'http://127.0.0.1:9');
    vi.stubEnv('no_proxy', 'example.com');
    authorizationServer = await startAuthorizationServer({ tokenLifetime: 3600 });
    const { tokenUrl } = authorizationServer;
    app = await createDeployedApp('existing', { tokenUrl, parameterName: PARAMETER, credentials: SECRET });
    await app.clients.secretsManager.send(new CreateSecretCommand({ Name: SECRET }));
  });

  afterAll(async () => {
    vi.unstubAllEnvs();
    await Promise.all([authorizationServer?.stop(), app?.close()]);
  });

  test('is not deployed with credentials that the authorization server refuses', async () => {
    await putCredentials('of-another-client');
    await expectFailure({}, /CLIENT_REJECTED: .*Check client_id and client_secret/s);
    expect(await stackStatus()).toBe('ROLLBACK_COMPLETE');
    expect(await findLeftovers(app.clients, await app.resources())).toEqual([]);
    expect(await app.storedVersion()).toBe(0);
  });

  test('is not deployed with a wrong token URL', async () => {
    await putCredentials(authorizationServer.clientSecret);
    const wrong = `${authorizationServer.url}/nothing-here`;
    await expectFailure({ 'existing.tokenUrl': wrong }, /REQUEST_REJECTED: .*HTTP 404.*Check the token URL/s);
    expect(await stackStatus()).toBe('ROLLBACK_COMPLETE');
    expect(await app.storedVersion()).toBe(0);
  });

  test('has its token when the deployment ends', async () => {
    await deploy();
    expect(await app.storedVersion()).toBe(1);
    expect(await authorizationServer.isActive((await app.storedToken()).access_token)).toBe(true);
  });

  test('has another token when a deployment with another scope ends', async () => {
    await deploy({ 'existing.scope': 'travel:read' });
    expect(await app.storedVersion()).toBe(2);
    expect(await app.storedToken()).toMatchObject({ scope: 'travel:read' });
  });

  test('is rolled back to what worked when an update cannot mint, and keeps its token', async () => {
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

  test('does not take a parameter of somebody else, and leaves it', async () => {
    const { ssm } = app.clients;
    const theirs = { Name: OCCUPIED, Value: 'of somebody else' };
    await ssm.send(new PutParameterCommand({ ...theirs, Type: 'SecureString' }));
    await expectFailure(
      { 'existing.scope': 'travel:read', 'existing.parameterName': OCCUPIED },
      /PARAMETER_OCCUPIED: .*Choose another parameterName/s,
    );
    expect(await stackStatus()).toBe('UPDATE_ROLLBACK_COMPLETE');
    const read = new GetParameterCommand({ Name: OCCUPIED, WithDecryption: true });
    expect((await ssm.send(read)).Parameter).toMatchObject({ ...theirs, Version: 1 });
    expect(await app.storedVersion()).toBe(2);
  });

  test('is updated while the authorization server limits it, as its token is good, though due', async () => {
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

  test('leaves the secret on cdk destroy, and a parameter that somebody else has taken over', async () => {
    const { secretsManager, ssm } = app.clients;
    const theirs = { Name: '/existing/moved', Value: 'of somebody else' };
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
