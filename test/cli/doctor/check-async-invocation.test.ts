import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Refresher } from '../../../cli/deployed/refreshers-of-stack.ts';
import { checkAsyncInvocation } from '../../../cli/doctor/check-async-invocation.ts';
import { createShellCommands } from '../../../cli/shell-commands.ts';
import { awsClients } from '../../support/client.ts';
import { type RecordingApi, startRecordingApi } from '../../support/recording-api.ts';

const QUEUE = { OnFailure: { Destination: 'arn:aws:sqs:us-east-1:123456789012:queue' } };
const DEPLOYED = { MaximumEventAgeInSeconds: 300, MaximumRetryAttempts: 0, DestinationConfig: QUEUE };

let api: RecordingApi;
/** What Lambda answers. Undefined if the function has no such configuration. */
let live: object | undefined;

beforeEach(async () => {
  api = await startRecordingApi((_call, response) => {
    if (live !== undefined) return void response.end(JSON.stringify(live));
    response.writeHead(404, { 'x-amzn-errortype': 'ResourceNotFoundException' }).end('{}');
  });
});
afterEach(() => api.stop());

const check = (deployed: object = DEPLOYED) => {
  const properties = { FunctionName: 'fn', Qualifier: '$LATEST', ...deployed };
  const refresher = { eventInvokeConfig: { id: 'config', properties } } as unknown as Refresher;
  return checkAsyncInvocation(refresher, awsClients(api.url).lambda, createShellCommands({}));
};

test('is content with what was deployed', async () => {
  live = DEPLOYED;
  expect(await check()).toBeUndefined();
});

test('is content with six hours if a former version deployed no event age', async () => {
  const { MaximumEventAgeInSeconds: _, ...former } = DEPLOYED;
  live = { ...former, MaximumEventAgeInSeconds: 21_600 };
  expect(await check(former)).toBeUndefined();
  live = former;
  expect(await check(former)).toBeUndefined();
});

test.for<[string, object | undefined, RegExp]>([
  ['keeps events longer', { ...DEPLOYED, MaximumEventAgeInSeconds: 21_600 }, /for 6 h instead of 5 min$/],
  ['keeps events shorter', { ...DEPLOYED, MaximumEventAgeInSeconds: 60 }, /for 1 min instead of 5 min$/],
  ['retries failed runs', { ...DEPLOYED, MaximumRetryAttempts: 2 }, /^Lambda retries failed runs$/],
  ['has another queue', { ...DEPLOYED, DestinationConfig: {} }, /^failed runs do not reach the dead-letter/],
  [
    'has no setting',
    undefined,
    /dead-letter queue; Lambda retries .*; Lambda keeps .* 6 h instead of 5 min$/,
  ],
])('is wrong if Lambda %s, and the printed command restores it', async ([, found, says]) => {
  live = found;
  expect(await check()).toMatchObject({
    state: 'wrong',
    says: expect.stringMatching(says),
    remedy: [
      expect.stringMatching(
        /^aws lambda put-function-event-invoke-config --cli-input-json .*"MaximumEventAgeInSeconds":300/,
      ),
    ],
  });
});
