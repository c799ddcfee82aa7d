import { randomUUID } from 'node:crypto';
import type { CloudFormationCustomResourceResponse } from 'aws-lambda';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { URL_SUFFIX } from '../../../lambda/shared/custom-resources.ts';
import { ENVIRONMENT } from '../../../lambda/shared/refresher-environment.ts';
import { type RunningFunction, startFunction } from '../../../local/function-container.ts';
import { type CloudFormationAnswers, startCloudFormation } from '../../support/cloudformation.ts';
import { confidential, recordWritten } from '../../support/confidential.ts';
import {
  credentials,
  FUNCTION_NAME,
  newClientSecret,
  startRefresher,
  type TestRefresher,
} from '../../support/refresher.ts';
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
const firstToken = (changes: { secretMayBeEmpty?: boolean; scope?: string } = {}, type = 'Create') =>
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
        [ENVIRONMENT.checkEvery]: '300',
        [ENVIRONMENT.refreshBefore]: '1800',
      },
    },
  });
const removal = (type: string) =>
  request(type, 'Custom::TokenRemoval', { ParameterName: refresher.parameterName });

/** Puts a token in place that the refresher wants to replace at its next check. */
const storeExpiringToken = async (): Promise<void> => {
  refresher.endpoint.answer(grant(newToken(), { expires_in: 300 }));
  await refresher.putSecret(credentials(newClientSecret()));
  expect((await refresher.invoke()).ok).toBe(true);
};

describe('the first token', () => {
  test('is there when the deployment ends', async () => {
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

  test('is missing for a reason that the failed deployment shows', async () => {
    await refresher.putSecret(credentials(newClientSecret()));
    refresher.endpoint.answer(oauthError(401, 'invalid_client'));
    expect(await firstToken()).toMatchObject({
      Status: 'FAILED',
      Reason: expect.stringMatching(/^CLIENT_REJECTED: .*Check client_id and client_secret/),
    });
    expect(await refresher.stored()).toBeUndefined();
  });

  test('may wait for the credentials where the stack made the secret, and only there', async () => {
    expect((await firstToken({ secretMayBeEmpty: true })).Status).toBe('SUCCESS');
    expect(await firstToken({ secretMayBeEmpty: false })).toMatchObject({
      Status: 'FAILED',
      Reason: expect.stringMatching(/^CREDENTIALS_NOT_SET: /),
    });
  });

  test('adopts a parameter of somebody else when told to, once the stack is there without it', async () => {
    await refresher.putParameter('of somebody else', { Overwrite: false });
    expect((await firstToken({ secretMayBeEmpty: true })).Status).toBe('SUCCESS');
    await refresher.putSecret(credentials(newClientSecret()));
    refresher.endpoint.answer(grant(newToken()));
    expect(await refresher.invoke()).toMatchObject({
      ok: false,
      errorMessage: expect.stringMatching(/^PARAMETER_OCCUPIED: .*delete the parameter.*\{"force": true\}/),
    });
    expect(await refresher.invoke({ force: true })).toMatchObject({
      ok: true,
      result: { outcome: 'minted' },
    });
    expect(await refresher.invoke()).toMatchObject({ ok: true, result: { outcome: 'kept' } });
    expect((await removal('Delete')).Status).toBe('SUCCESS');
    expect(await refresher.stored()).toBeUndefined();
  });

  test('does not stand in the way while consumers have a good token of this configuration', async () => {
    await storeExpiringToken();
    refresher.endpoint.answer({ status: 429, headers: { 'retry-after': '3600' } });
    expect((await firstToken()).Status).toBe('SUCCESS');
    expect(await firstToken({ scope: 'another' })).toMatchObject({
      Status: 'FAILED',
      Reason: expect.stringMatching(/^RATE_LIMITED: /),
    });
  });

  test('fails where the refresher is not there', async () => {
    const answer = await request('Create', 'Custom::FirstToken', {
      FunctionArn: 'gone',
      Environment: { Variables: {} },
    });
    expect(answer).toMatchObject({
      Status: 'FAILED',
      Reason: expect.stringContaining('could not be invoked: ResourceNotFoundException'),
    });
  });

  test('is not asked for when the stack is destroyed', async () => {
    expect(await firstToken({}, 'Delete')).toMatchObject({
      Status: 'SUCCESS',
      PhysicalResourceId: 'physical',
    });
    expect(refresher.cloud.calls.filter(({ service }) => service === 'lambda')).toEqual([]);
  });
});

describe('the removal', () => {
  test('waits until the stack is destroyed, and is named after what it removes', async () => {
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

  test('removes a damaged record of its own', async () => {
    await storeExpiringToken();
    await refresher.putParameter(JSON.stringify({ ...(await refresher.record()), expires_at: 'soon' }));
    expect((await removal('Delete')).Status).toBe('SUCCESS');
    expect(await refresher.stored()).toBeUndefined();
  });

  test('succeeds where there is nothing', async () => {
    expect((await removal('Delete')).Status).toBe('SUCCESS');
  });

  test.for([
    ['text', 'SecureString'],
    ['{"access_token":"of somebody else"}', 'SecureString'],
    ['plain', 'String'],
  ] as const)('leaves what is not its own: %s as a %s', async ([value, Type]) => {
    await refresher.putParameter(value, { Type, Overwrite: false });
    expect((await removal('Delete')).Status).toBe('SUCCESS');
    expect(await refresher.stored()).toEqual({ value, version: 1, type: Type });
    expect(deployment.output.join()).toContain('left as it is');
  });

  test('leaves what can no longer be decrypted, as nothing shows that it is its own', async () => {
    await storeExpiringToken();
    const restore = refresher.cloud.intercept(({ operation }) =>
      operation === 'GetParameter' ? { status: 400, type: 'InvalidKeyId', message: 'gone' } : undefined,
    );
    expect((await removal('Delete')).Status).toBe('SUCCESS');
    restore();
    expect(await refresher.stored()).toBeDefined();
  });

  test('fails where the parameter may not be read, so that none is left unseen', async () => {
    await storeExpiringToken();
    const message = 'User is not authorized to perform: ssm:GetParameter on resource';
    refresher.cloud.intercept(({ operation }) =>
      operation === 'GetParameter' ? { status: 400, type: 'AccessDeniedException', message } : undefined,
    );
    expect(await removal('Delete')).toMatchObject({
      Status: 'FAILED',
      Reason: expect.stringMatching(/^STORE_UNAVAILABLE: .*ssm:GetParameter/),
    });
  });

  test('fails, and names the command, where the parameter cannot be deleted', async () => {
    await storeExpiringToken();
    refresher.cloud.intercept(({ operation }) =>
      operation === 'DeleteParameter'
        ? { status: 400, type: 'AccessDeniedException', message: 'not authorized' }
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
  test('has no content type, which its signature would not allow', async () => {
    await removal('Create');
    expect(cloudFormation.received[0]?.headers['content-type']).toBe('');
  });

  test('is repeated when it is refused', async () => {
    cloudFormation.refuse(2);
    expect((await removal('Create')).Status).toBe('SUCCESS');
  });

  test('goes nowhere else where its address redirects', async () => {
    const elsewhere = await startCloudFormation();
    cloudFormation.redirect(elsewhere.url);
    await expect(removal('Create')).rejects.toThrow();
    expect(elsewhere.received).toEqual([]);
    await elsewhere.close();
  });

  test.for([
    ['another host', 'https://amazonaws.com.example.com/x'],
    ['a plain connection', 'http://bucket.s3.amazonaws.com/x'],
    ['the network that it runs in', 'https://10.0.0.1/x'],
    ['no URL', 'x'],
  ] as const)('would not go to AWS but to %s: nothing is done', async ([, ResponseURL]) => {
    await storeExpiringToken();
    const calls = refresher.cloud.calls.length;
    // As in AWS, where there is no endpoint of a local cloud.
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
  });

  test('that never gets through fails the run, so that Lambda repeats it', async () => {
    cloudFormation.refuse(3);
    const run = await deployment.invoke({
      RequestType: 'Create',
      ResponseURL: `${cloudFormation.url}/answer?${SIGNATURE}`,
      ResourceType: 'Custom::TokenRemoval',
      ResourceProperties: { ParameterName: refresher.parameterName },
    });
    expect(run).toMatchObject({ ok: false, errorMessage: expect.stringContaining('could not be answered') });
    expect(JSON.stringify(run)).not.toContain(SIGNATURE);
    // Not that it failed: what was to be done has been done.
    expect(cloudFormation.received).toEqual([]);
  });
});
