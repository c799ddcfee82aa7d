import type { SSM } from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { READ_LIMITS } from '../../../lambda/reader/read-parameter.ts';
import { createSsm } from '../../../lambda/reader/sdk-clients.ts';
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

test('the client for Parameter Store gives up an answer that stops, as the reader does without the SDK', async () => {
  const aws = await startScriptedAws([answer(200, {})]);
  onTestFinished(aws.stop);
  vi.stubEnv('AWS_ENDPOINT_URL', aws.url);
  const { ssm } = await createSsm();
  await ssm.getParameter({ Name: '/a', WithDecryption: true }, { abortSignal: new AbortController().signal });
  // The handler knows its settings only after the first request.
  const handler = (ssm as SSM).config.requestHandler as unknown as Handler;
  expect(handler.httpHandlerConfigs()).toMatchObject({
    connectionTimeout: READ_LIMITS.connect,
    requestTimeout: READ_LIMITS.answer,
    socketTimeout: READ_LIMITS.answer,
    throwOnRequestTimeout: true,
  });
  handler.destroy();
});
