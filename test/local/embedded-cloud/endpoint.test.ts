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

  test.for(['echo', 'arn:aws:lambda:us-east-1:000000000000:function:echo'])(
    'passes the event to the function named %s and returns its result',
    async (name) => {
      expect(await invoke(name, { a: [1] })).toEqual({
        payload: { got: { a: [1] } },
        error: undefined,
        version: '$LATEST',
      });
    },
  );

  test('returns null for a function that returns nothing', async () => {
    expect((await invoke('nothing')).payload).toBeNull();
  });

  test("returns a function's error with its type and message", async () => {
    expect(await invoke('failing')).toEqual({
      payload: { errorType: 'RangeError', errorMessage: 'what went wrong', trace: expect.any(Array) },
      error: 'Unhandled',
      version: '$LATEST',
    });
  });

  test('refuses an unknown function, an event that is not JSON, and an asynchronous invocation', async () => {
    const refused = (input: object) =>
      clients.lambda.send(new InvokeCommand({ FunctionName: 'echo', ...input }));
    await expect(refused({ FunctionName: 'absent' })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      $metadata: { httpStatusCode: 404 },
    });
    await expect(refused({ Payload: '{' })).rejects.toMatchObject({ name: 'InvalidRequestContentException' });
    await expect(refused({ InvocationType: 'Event' })).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
    });
  });

  test('records an invocation, which a test can intercept like any other call', async () => {
    const restore = endpoint.intercept(({ service }) =>
      service === 'lambda'
        ? { status: 429, type: 'TooManyRequestsException', message: 'Rate Exceeded.' }
        : undefined,
    );
    await expect(invoke('echo', { recorded: true })).rejects.toMatchObject({
      name: 'TooManyRequestsException',
    });
    restore();
    expect(endpoint.calls.at(-1)).toEqual({
      service: 'lambda',
      operation: 'Invoke',
      input: { FunctionName: 'echo', Payload: { recorded: true } },
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
    'a body that is not JSON',
    { 'x-amz-target': 'AmazonSSM.GetParameter', authorization: 'x' },
    '{',
    'SerializationException',
  ],
])('refuses %s with the error type of AWS', async ([, headers, body, type]) => {
  const response = await fetch(endpoint.url, { method: 'POST', headers, body });
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ __type: type });
});
