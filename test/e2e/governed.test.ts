import {
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AuthorizationServer, startAuthorizationServer } from '../../local/authorization-server.ts';
import { confidential } from '../support/confidential.ts';
import { documentJson } from '../support/document-examples.ts';
import { tagsOf } from '../support/tags.ts';
import type { DeployedApp } from './deployed-app.ts';
import { findLeftovers } from './leftovers.ts';
import { createLocalApp } from './local-app.ts';
import { inSteps } from './steps.ts';

const PAGE = 'docs/governed-accounts.md';
const PARAMETER = '/governed/access-token';
const SECRET = 'governed/credentials';
const RoleName = 'governed-token-refresher';
const PolicyName = 'documented';
const TAGS = { team: 'travel', 'cost-center': '4711' };

describe('an app with a role of another team, and with tags', () => {
  let app: DeployedApp;
  let authorizationServer: AuthorizationServer;
  let roleArn = '';

  inSteps();

  /** Puts the policy of the page on the role, without the actions that `isLeftOut` names. */
  const permit = async (isLeftOut: (action: string) => boolean = () => false) => {
    const policy = await documentJson<{ Statement: { Action: string | string[] }[] }>(
      PAGE,
      'logs:PutLogEvents',
    );
    const Statement = policy.Statement.filter(({ Action }) => ![Action].flat().some(isLeftOut));
    const PolicyDocument = JSON.stringify({ ...policy, Statement })
      .replaceAll('111111111111', '000000000000')
      .replaceAll('spotnana', 'governed');
    await app.clients.iam.send(new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument }));
  };

  beforeAll(async () => {
    authorizationServer = await startAuthorizationServer({ tokenLifetime: 3600 });
    const { tokenUrl, clientId, clientSecret } = authorizationServer;
    const role = `arn:aws:iam::000000000000:role/${RoleName}`;
    app = await createLocalApp('governed', {
      tokenUrl,
      parameterName: PARAMETER,
      credentials: SECRET,
      role,
      tags: TAGS,
      logRetention: 7,
    });
    const { iam, secretsManager } = app.clients;
    const trust = JSON.stringify(await documentJson(PAGE, 'sts:AssumeRole'));
    const created = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust }));
    roleArn = created.Role?.Arn ?? '';
    expect(roleArn).toBe(role);
    await secretsManager.send(
      new CreateSecretCommand({
        Name: SECRET,
        SecretString: JSON.stringify({ client_id: clientId, client_secret: confidential(clientSecret) }),
      }),
    );
  });

  afterAll(async () => {
    await app?.clients.iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName }));
    await app?.clients.iam.send(new DeleteRoleCommand({ RoleName }));
    await Promise.all([authorizationServer?.stop(), app?.close()]);
  });

  test('deploys with the documented permissions of the role', async () => {
    await permit();
    await app.deploy();
    const { lambda, ssm } = app.clients;
    const FunctionName = app.output('FunctionName');
    const { Role: role } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
    expect(role).toBe(roleArn);
    expect(await app.storedVersion()).toBe(1);
    expect(await tagsOf(ssm, PARAMETER)).toEqual(TAGS);
  });

  test('stores later tokens, and keeps the tags', async () => {
    expect(await app.refresh({ force: true })).toMatchObject({ outcome: 'minted', parameter_version: 2 });
    expect(await tagsOf(app.clients.ssm, PARAMETER)).toEqual(TAGS);
  });

  test('adds changed tags with the next deployment, and leaves removed ones', async () => {
    await app.deploy({ context: { 'governed.tags': '{"team":"trips","stage":"test"}' } });
    expect(await tagsOf(app.clients.ssm, PARAMETER)).toEqual({ ...TAGS, team: 'trips', stage: 'test' });
    expect(await app.storedVersion()).toBe(2);
  });

  test.for([
    ['ssm:PutParameter', /^STORE_UNAVAILABLE: /],
    ['secretsmanager:GetSecretValue', /^CREDENTIALS_UNAVAILABLE: |^CREDENTIALS_NOT_FOUND: /],
  ] as const)('fails its runs without the documented permission %s', async ([missing, message]) => {
    await permit((action) => action === missing);
    await expect(app.refresh({ force: true })).rejects.toThrow(message);
    await permit();
    expect(await app.refresh({ force: true })).toMatchObject({ outcome: 'minted' });
  });

  test('leaves nothing but the role after cdk destroy', async () => {
    const resources = await app.resources();
    expect(resources.map(({ physicalId }) => physicalId)).not.toContain(RoleName);
    await app.destroy();
    expect(await findLeftovers(app.clients, resources)).toEqual([]);
    expect(await app.storedVersion()).toBe(0);
  });
});
