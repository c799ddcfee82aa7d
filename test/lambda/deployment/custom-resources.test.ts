import { randomUUID } from 'node:crypto';
import type { CloudFormationCustomResourceResponse } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { URL_SUFFIX } from '../../../lambda/shared/custom-resources.ts';
import { ENVIRONMENT } from '../../../lambda/shared/refresher-environment.ts';
import { type RunningFunction, startFunction } from '../../../local/function-container.ts';
import { awsClients } from '../../support/client.ts';
import { type CloudFormationAnswers, startCloudFormation } from '../../support/cloudformation.ts';
import { confidential, recordWritten } from '../../support/confidential.ts';
import {
  credentials,
  FUNCTION_NAME,
  newClientSecret,
  startRefresher,
  type TestRefresher,
} from '../../support/refresher.ts';
import { tagsOf } from '../../support/tags.ts';
import { grant, oauthError } from '../../support/token-endpoint.ts';

let refresher: TestRefresher;
let cloudFormation: CloudFormationAnswers;
let deployment: RunningFunction;

const newToken = () => confidential(`deployed-token/${randomUUID()}`);
const SIGNATURE = 'Signature=the-signature-of-the-response-url';

beforeEach(async () => {
  [refresher, cloudFormation] = await Promise.all([startRefresher(), startCloudFormation()]);
  deployment = await startFunction(inject('deployable').deploymentModule, {
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL: refresher.cloud.url,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    POWERTOOLS_LOG_LEVEL: 'DEBUG',
  });
});
afterEach(async () => {
  await Promise.all([deployment.close(), refresher.close(), cloudFormation.close()]);
  const written = deployment.output.join('\n');
  expect(written).not.toContain(SIGNATURE);
  recordWritten(written);
  recordWritten(JSON.stringify(cloudFormation.received));
});

type Answer = CloudFormationCustomResourceResponse;
const request = async (type: string, resource: string, properties: object): Promise<Answer> => {
  const answered = await deployment.invoke({
    RequestType: type,
    ResponseURL: `${cloudFormation.url}/answer?${SIGNATURE}`,
    StackId: 'arn:aws:cloudformation:us-east-1:000000000000:stack/Test/1',
    RequestId: 'request-1',
    LogicalResourceId: 'Logical',
    ResourceType: resource,
    ResourceProperties: { ServiceToken: 'arn', ...properties },
    ...(type === 'Create' ? {} : { PhysicalResourceId: 'physical' }),
  });
  expect(answered).toEqual({ ok: true, result: null });
  const [last] = cloudFormation.received.slice(-1);
  if (last === undefined) throw new Error('CloudFormation was not answered');
  return last.answer;
};
const firstToken = (
  changes: { secretMayBeEmpty?: boolean; scope?: string; tags?: object } = {},
  type = 'Create',
) =>
  request(type, 'Custom::FirstToken', {
    FunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${FUNCTION_NAME}`,
    SecretMayBeEmpty: String(changes.secretMayBeEmpty ?? false),
    Environment: {
      Variables: {
        [ENVIRONMENT.tokenUrl]: refresher.endpoint.url,
        [ENVIRONMENT.credentialsSecretId]: refresher.secretId,
        [ENVIRONMENT.parameterName]: refresher.parameterName,
        [ENVIRONMENT.parameterKeyId]: 'alias/key',
        [ENVIRONMENT.scope]: changes.scope ?? '',
        [ENVIRONMENT.parameterTags]: JSON.stringify(changes.tags ?? {}),
        [ENVIRONMENT.checkEvery]: '300',
        [ENVIRONMENT.refreshBefore]: '1800',
      },
    },
  });
const removal = (type: string) =>
  request(type, 'Custom::TokenRemoval', { ParameterName: refresher.parameterName });

/** Stores a token that is due at the next check. */
const storeExpiringToken = async (): Promise<void> => {
  refresher.endpoint.answer(grant(newToken(), { expires_in: 300 }));
  await refresher.putSecret(credentials(newClientSecret()));
  expect((await refresher.invoke()).ok).toBe(true);
};

describe('the first token', () => {
  test('is stored when the deployment succeeds', async () => {
    await refresher.putSecret(credentials(newClientSecret()));
    const token = newToken();
    refresher.endpoint.answer(grant(token));
    expect(await firstToken()).toEqual({
      Status: 'SUCCESS',
      StackId: 'arn:aws:cloudformation:us-east-1:000000000000:stack/Test/1',
      RequestId: 'request-1',
      LogicalResourceId: 'Logical',
      PhysicalResourceId: 'Logical',
    });
    expect((await refresher.record()).access_token).toBe(token);
  });

  test('fails the deployment with the reason if it cannot be minted', async () => {
    await refresher.putSecret(credentials(newClientSecret()));
    refresher.endpoint.answer(oauthError(401, 'invalid_client'));
    expect(await firstToken()).toMatchObject({
      Status: 'FAILED',
      Reason: expect.stringMatching(/^CLIENT_REJECTED: /),
    });
    expect(await refresher.stored()).toBeUndefined();
  });

  test('may wait for credentials only if the stack creates the secret', async () => {
    expect((await firstToken({ secretMayBeEmpty: true })).Status).toBe('SUCCESS');
    expect(await firstToken({ secretMayBeEmpty: false })).toMatchObject({
      Status: 'FAILED',
      Reason: expect.stringMatching(/^CREDENTIALS_NOT_SET: /),
    });
  });

  test('replaces a foreign value when forced, once the stack exists without a token', async () => {
    await refresher.putParameter('foreign', { Overwrite: false });
    expect((await firstToken({ secretMayBeEmpty: true })).Status).toBe('SUCCESS');
    await refresher.putSecret(credentials(newClientSecret()));
    refresher.endpoint.answer(grant(newToken()));
    expect(await refresher.invoke()).toMatchObject({
      ok: false,
      errorMessage: expect.stringMatching(/^PARAMETER_OCCUPIED: .*\{"force": true\}/),
    });
    expect(await refresher.invoke({ force: true })).toMatchObject({
      ok: true,
      result: { outcome: 'minted' },
    });
    expect(await refresher.invoke()).toMatchObject({ ok: true, result: { outcome: 'kept' } });
    expect((await removal('Delete')).Status).toBe('SUCCESS');
    expect(await refresher.stored()).toBeUndefined();
  });

  test('does not fail the deployment while a valid token of this configuration is stored', async () => {
    await storeExpiringToken();
    refresher.endpoint.answer({ status: 429, headers: { 'retry-after': '3600' } });
    expect((await firstToken()).Status).toBe('SUCCESS');
    expect(await firstToken({ scope: 'another' })).toMatchObject({
      Status: 'FAILED',
      Reason: expect.stringMatching(/^RATE_LIMITED: /),
    });
  });

  test('gets the tags of this deployment, and keeps the others', async () => {
    const { ssm } = awsClients(refresher.cloud.url);
    await storeExpiringToken();
    refresher.endpoint.answer(grant(newToken()));
    expect((await firstToken({ tags: { team: 'travel', stage: 'test' } })).Status).toBe('SUCCESS');
    expect((await firstToken({ tags: { team: 'trips' } })).Status).toBe('SUCCESS');
    expect(await tagsOf(ssm, refresher.parameterName)).toEqual({ team: 'trips', stage: 'test' });
  });

  test('is tagged even if the refresher keeps a valid token because it cannot mint', async () => {
    await storeExpiringToken();
    refresher.endpoint.answer({ status: 429, headers: { 'retry-after': '3600' } });
    expect((await firstToken({ tags: { team: 'travel' } })).Status).toBe('SUCCESS');
    const { ssm } = awsClients(refresher.cloud.url);
    expect(await tagsOf(ssm, refresher.parameterName)).toEqual({ team: 'travel' });
  });

  test('leaves a foreign value without tags while the secret is empty', async () => {
    const { ssm } = awsClients(refresher.cloud.url);
    await refresher.putParameter('foreign', { Overwrite: false });
    expect((await firstToken({ secretMayBeEmpty: true, tags: { team: 'travel' } })).Status).toBe('SUCCESS');
    expect(await tagsOf(ssm, refresher.parameterName)).toEqual({});
  });

  // A permission may still arrive, but the function of this test has too little time left to wait for it.
  test.for(['ValidationException', 'AccessDeniedException'])(
    'fails the deployment if the parameter cannot be tagged: %s',
    async (type) => {
      await storeExpiringToken();
      refresher.endpoint.answer(grant(newToken()));
      refresher.cloud.intercept(({ operation }) =>
        operation === 'AddTagsToResource' ? { status: 400, type, message: 'no' } : undefined,
      );
      expect(await firstToken({ tags: { team: 'travel' } })).toMatchObject({
        Status: 'FAILED',
        Reason: expect.stringMatching(`^STORE_UNAVAILABLE: .*could not be tagged: ${type}`),
      });
    },
  );

  test('fails the deployment if the refresher does not exist', async () => {
    const answer = await request('Create', 'Custom::FirstToken', {
      FunctionArn: 'gone',
      Environment: { Variables: {} },
    });
    expect(answer).toMatchObject({
      Status: 'FAILED',
      Reason: expect.stringContaining('ResourceNotFoundException'),
    });
  });

  test('is not minted when the stack is destroyed', async () => {
    expect(await firstToken({}, 'Delete')).toMatchObject({
      Status: 'SUCCESS',
      PhysicalResourceId: 'physical',
    });
    expect(refresher.cloud.calls.filter(({ service }) => service === 'lambda')).toEqual([]);
  });
});

describe('the removal', () => {
  test('waits until the stack is destroyed, and has the parameter name as its id', async () => {
    await storeExpiringToken();
    expect(await removal('Create')).toMatchObject({
      Status: 'SUCCESS',
      PhysicalResourceId: refresher.parameterName,
    });
    expect(await removal('Update')).toMatchObject({ PhysicalResourceId: refresher.parameterName });
    expect(await refresher.stored()).toBeDefined();
    expect(await removal('Delete')).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: 'physical' });
    expect(await refresher.stored()).toBeUndefined();
  });

  test('deletes a damaged record of the refresher', async () => {
    await storeExpiringToken();
    await refresher.putParameter(JSON.stringify({ ...(await refresher.record()), expires_at: 'soon' }));
    expect((await removal('Delete')).Status).toBe('SUCCESS');
    expect(await refresher.stored()).toBeUndefined();
  });

  test('succeeds if the parameter does not exist', async () => {
    expect((await removal('Delete')).Status).toBe('SUCCESS');
  });

  test.for([
    ['text', 'SecureString'],
    ['{"access_token":"foreign"}', 'SecureString'],
    ['plain', 'String'],
  ] as const)('leaves a foreign value unchanged: %s in a %s', async ([value, Type]) => {
    await refresher.putParameter(value, { Type, Overwrite: false });
    expect((await removal('Delete')).Status).toBe('SUCCESS');
    expect(await refresher.stored()).toEqual({ value, version: 1, type: Type });
    expect(deployment.output.join()).toContain('left unchanged');
  });

  test('leaves a value unchanged if its key was deleted', async () => {
    await storeExpiringToken();
    const restore = refresher.cloud.intercept(({ operation, input }) =>
      operation === 'GetParameter' && input.WithDecryption === true
        ? { status: 400, type: 'InvalidKeyId', message: 'the key cannot be used' }
        : undefined,
    );
    expect((await removal('Delete')).Status).toBe('SUCCESS');
    restore();
    expect(await refresher.stored()).toBeDefined();
  });

  test('fails if the parameter cannot be read', async () => {
    await storeExpiringToken();
    refresher.cloud.intercept(({ operation }) =>
      operation === 'GetParameter' ? { status: 400, type: 'ValidationException', message: 'no' } : undefined,
    );
    expect(await removal('Delete')).toMatchObject({
      Status: 'FAILED',
      Reason: expect.stringMatching(/^STORE_UNAVAILABLE: /),
    });
  });

  test('fails and names the command if the parameter cannot be deleted', async () => {
    await storeExpiringToken();
    refresher.cloud.intercept(({ operation }) =>
      operation === 'DeleteParameter'
        ? { status: 400, type: 'ValidationException', message: 'no' }
        : undefined,
    );
    expect(await removal('Delete')).toMatchObject({
      Status: 'FAILED',
      Reason: expect.stringMatching(
        new RegExp(`^STORE_UNAVAILABLE: .*aws ssm delete-parameter --name '${refresher.parameterName}'`),
      ),
    });
  });
});

describe('the answer to CloudFormation', () => {
  test('has no content type, because the signature covers an empty one', async () => {
    await removal('Create');
    expect(cloudFormation.received[0]?.headers['content-type']).toBe('');
  });

  test('is repeated if CloudFormation refuses it', async () => {
    cloudFormation.refuse(2);
    expect((await removal('Create')).Status).toBe('SUCCESS');
  });

  test('does not follow a redirect', async () => {
    const elsewhere = await startCloudFormation();
    cloudFormation.redirect(elsewhere.url);
    await expect(removal('Create')).rejects.toThrow();
    expect(elsewhere.received).toEqual([]);
    await elsewhere.close();
  });

  test.for([
    ['another host', 'https://amazonaws.com.example.com/x'],
    ['a plain connection', 'http://bucket.s3.amazonaws.com/x'],
    ['an address of its own network', 'https://10.0.0.1/x'],
    ['no URL', 'x'],
  ] as const)(
    'goes only to AWS: an event with %s is refused before anything is done',
    async ([, ResponseURL]) => {
      await storeExpiringToken();
      const calls = refresher.cloud.calls.length;
      // AWS sets no AWS_ENDPOINT_URL.
      await deployment.close();
      deployment = await startFunction(inject('deployable').deploymentModule, {
        AWS_REGION: 'us-east-1',
        [URL_SUFFIX]: 'amazonaws.com',
      });
      const properties = { ParameterName: refresher.parameterName };
      const run = await deployment.invoke({
        RequestType: 'Delete',
        ResponseURL,
        ResourceType: 'Custom::TokenRemoval',
        ResourceProperties: properties,
      });
      expect(run).toMatchObject({
        ok: false,
        errorMessage: expect.stringContaining('not from CloudFormation'),
      });
      expect(refresher.cloud.calls).toHaveLength(calls);
    },
  );

  test('fails the run if CloudFormation never accepts it, so that Lambda retries', async () => {
    cloudFormation.refuse(3);
    const run = await deployment.invoke({
      RequestType: 'Create',
      ResponseURL: `${cloudFormation.url}/answer?${SIGNATURE}`,
      ResourceType: 'Custom::TokenRemoval',
      ResourceProperties: { ParameterName: refresher.parameterName },
    });
    expect(run).toMatchObject({ ok: false, errorMessage: expect.stringContaining('could not be answered') });
    expect(JSON.stringify(run)).not.toContain(SIGNATURE);
    // The removal itself succeeded, so no failure is reported either.
    expect(cloudFormation.received).toEqual([]);
  });
});
