import { ListStacksCommand } from '@aws-sdk/client-cloudformation';
import { InvokeCommand } from '@aws-sdk/client-lambda';
import { afterEach, expect, test, vi } from 'vitest';
import { describeFailure } from '../../cli/cli-error.ts';
import { createClients } from '../../cli/clients.ts';
import { describeAwsFailure } from '../../lambda/shared/aws-failure.ts';

afterEach(() => vi.unstubAllEnvs());

/** Clients whose requests all fail with this error. */
function failingClients(error: object, endpoint = '') {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'a');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'a');
  vi.stubEnv('AWS_ENDPOINT_URL', endpoint);
  vi.spyOn(Math, 'random').mockReturnValue(0);
  const clients = createClients({ region: 'eu-nowhere-1' }, {});
  const handle = vi.fn(async () => Promise.reject(Object.assign(new Error('of the network'), error)));
  for (const client of [clients.cloudFormation, clients.invocations]) {
    client.config.requestHandler = { ...client.config.requestHandler, handle };
  }
  return { ...clients, handle };
}

const OF_REGION = 'https://cloudformation.eu-nowhere-1.amazonaws.com';

test.for<[object, string, string]>([
  [
    { code: 'ENOTFOUND' },
    '',
    `${OF_REGION}: ENOTFOUND. Check that the region exists and that this machine resolves host names`,
  ],
  [{ code: 'EAI_AGAIN' }, '', `${OF_REGION}: EAI_AGAIN. Check the network path`],
  [{ code: 'EHOSTUNREACH' }, '', `${OF_REGION}: EHOSTUNREACH. Check the network path`],
  [{ name: 'TimeoutError' }, '', `${OF_REGION}: TIMEOUT. Check the network path`],
  [{ code: 'SELF_SIGNED_CERT_IN_CHAIN' }, '', `${OF_REGION}: SELF_SIGNED_CERT_IN_CHAIN. The certificate`],
  [
    { code: 'ENOTFOUND' },
    'https://cloud.local:8443',
    'https://cloud.local:8443: ENOTFOUND. Start that endpoint',
  ],
  [{ code: 'ECONNREFUSED' }, 'http://localhost', 'http://localhost: ECONNREFUSED. Start that endpoint'],
])(
  'a request that fails with %j at endpoint "%s" names the address and what to do',
  async ([error, url, text]) => {
    const { cloudFormation, handle } = failingClients(error, url);
    const failure = await cloudFormation.send(new ListStacksCommand({})).catch((thrown: unknown) => thrown);
    expect(describeFailure(failure)).toContain(`AWS could not be reached at ${text}`);
    // Only throttled requests have more attempts.
    expect(handle.mock.calls.length).toBeLessThanOrEqual(3);
  },
);

test('an invocation that gets no answer is sent once', async () => {
  const { invocations, handle } = failingClients({ code: 'ECONNRESET' });
  const failure = await invocations
    .send(new InvokeCommand({ FunctionName: 'a' }))
    .catch((thrown: unknown) => thrown);
  expect(describeFailure(failure)).toContain('https://lambda.eu-nowhere-1.amazonaws.com: ECONNRESET');
  expect(handle).toHaveBeenCalledTimes(1);
});

test('the code of the network error is still known to callers', async () => {
  const { cloudFormation } = failingClients({ code: 'ECONNREFUSED' });
  const failure = await cloudFormation.send(new ListStacksCommand({})).catch((thrown: unknown) => thrown);
  expect(describeAwsFailure(failure)).toEqual({ name: 'ECONNREFUSED', text: 'ECONNREFUSED' });
});
