import type { Lambda } from '@aws-sdk/client-lambda';
import type { SSM } from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { INVOKE_LIMITS } from '../../../lambda/reader/invoke-directly.ts';
import { READ_LIMITS } from '../../../lambda/reader/read-parameter.ts';
import { createLambda, createSsm, lambdaOf, ssmOf } from '../../../lambda/reader/sdk-clients.ts';
import { answer, startScriptedAws } from '../../support/scripted-aws.ts';

interface Handler {
  httpHandlerConfigs(): object;
  destroy(): void;
}

beforeEach(() => {
  const environment = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'key' };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
});
afterEach(() => vi.unstubAllEnvs());

const { signal: abortSignal } = new AbortController();

/** A client of the reader after its first request: earlier, its handler does not know its settings. */
async function usedSsm() {
  const { ssm } = await createSsm();
  await ssm.getParameter({ Name: '/a', WithDecryption: true }, { abortSignal });
  return ssm as SSM;
}
async function usedLambda() {
  const lambda = await createLambda();
  const input = { FunctionName: 'a', InvocationType: 'RequestResponse', Payload: '' } as const;
  await lambda.invoke(input, { abortSignal });
  return lambda as Lambda;
}

test.for<[string, () => Promise<SSM | Lambda>, number, object]>([
  [
    'Parameter Store',
    usedSsm,
    1,
    {
      connectionTimeout: READ_LIMITS.connect,
      requestTimeout: READ_LIMITS.answer,
      socketTimeout: READ_LIMITS.answer,
      throwOnRequestTimeout: true,
    },
  ],
  ['Lambda', usedLambda, INVOKE_LIMITS.attempts, { connectionTimeout: INVOKE_LIMITS.connect }],
])(
  'the client for %s gives up and repeats as the reader does without the SDK',
  async ([, use, attempts, limits]) => {
    const aws = await startScriptedAws([answer(200, {})]);
    onTestFinished(aws.stop);
    vi.stubEnv('AWS_ENDPOINT_URL', aws.url);
    const { config } = await use();
    const handler = config.requestHandler as unknown as Handler;
    onTestFinished(() => handler.destroy());
    expect(handler.httpHandlerConfigs()).toMatchObject(limits);
    expect(await config.maxAttempts()).toBe(attempts);
  },
);

test.for<[string, (client: never) => Promise<unknown>, object]>([
  ['getParameter', ssmOf, { getParameter: async () => ({}) }],
  ['invoke', lambdaOf, { invoke: async () => ({}) }],
])('a client with the call %s is used as it is', async ([, of, client]) => {
  expect(await of(client as never)).toBe(client);
});
