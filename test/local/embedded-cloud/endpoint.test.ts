import { InvokeCommand } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AwsEndpoint, startAwsEndpoint } from '../../../local/embedded-cloud/endpoint.ts';
import { awsClients } from '../../support/client.ts';

let endpoint: AwsEndpoint;
let clients: ReturnType<typeof awsClients>;

beforeAll(async () => {
  endpoint = await startAwsEndpoint({
    functions: {
      echo: async (event) => ({ got: event }),
      nothing: async () => undefined,
      failing: async () => {
        throw new RangeError('what went wrong');
      },
    },
  });
  clients = awsClients(endpoint.url);
});
afterAll(() => endpoint.close());

describe('Lambda', () => {
  const invoke = async (FunctionName: string, event: unknown = {}) => {
    const answer = await clients.lambda.send(
      new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }),
    );
    const payload: unknown = JSON.parse(answer.Payload?.transformToString() ?? '');
    return { payload, error: answer.FunctionError, version: answer.ExecutedVersion };
  };

  test.for([
    'echo',
    'echo:PROD',
    'arn:aws:lambda:us-east-1:000000000000:function:echo',
    '000000000000:function:echo:1',
  ])('hands the event to the function that %s names, and answers its result', async (name) => {
    expect(await invoke(name, { a: [1] })).toEqual({
      payload: { got: { a: [1] } },
      error: undefined,
      version: '$LATEST',
    });
  });

  test('answers null where a function returns nothing', async () => {
    expect((await invoke('nothing')).payload).toBeNull();
  });

  test("answers a function's error as the runtime writes it down", async () => {
    expect(await invoke('failing')).toEqual({
      payload: { errorType: 'RangeError', errorMessage: 'what went wrong', trace: expect.any(Array) },
      error: 'Unhandled',
      version: '$LATEST',
    });
  });

  test('refuses a function that does not exist, an event that is no JSON, and another invocation type', async () => {
    const refused = (input: object) =>
      clients.lambda.send(new InvokeCommand({ FunctionName: 'echo', ...input }));
    await expect(refused({ FunctionName: 'absent' })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      message: 'Function not found: arn:aws:lambda:us-east-1:000000000000:function:absent',
      $metadata: { httpStatusCode: 404 },
    });
    await expect(refused({ Payload: '{' })).rejects.toMatchObject({ name: 'InvalidRequestContentException' });
    await expect(refused({ InvocationType: 'Event' })).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
    });
  });

  test('is noted and can be answered in its place, as every call', async () => {
    const restore = endpoint.intercept(({ service }) =>
      service === 'lambda'
        ? { status: 429, type: 'TooManyRequestsException', message: 'Rate Exceeded.' }
        : undefined,
    );
    await expect(invoke('echo', { noted: true })).rejects.toMatchObject({ name: 'TooManyRequestsException' });
    restore();
    expect(endpoint.calls.at(-1)).toEqual({
      service: 'lambda',
      operation: 'Invoke',
      input: { FunctionName: 'echo', Payload: { noted: true } },
    });
  });
});

test.for<[string, Record<string, string>, string, string]>([
  [
    'an unknown operation',
    { 'x-amz-target': 'AmazonSSM.Nothing', authorization: 'x' },
    '{}',
    'UnknownOperationException',
  ],
  [
    'a request without credentials',
    { 'x-amz-target': 'AmazonSSM.GetParameter' },
    '{}',
    'MissingAuthenticationTokenException',
  ],
  [
    'a body that is no JSON',
    { 'x-amz-target': 'AmazonSSM.GetParameter', authorization: 'x' },
    '{',
    'SerializationException',
  ],
])('refuses %s in the shape of AWS', async ([, headers, body, type]) => {
  const response = await fetch(endpoint.url, { method: 'POST', headers, body });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ __type: type });
});
