import { ListStacksCommand } from '@aws-sdk/client-cloudformation';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type EgressProxy, startEgressProxy } from '../support/egress-proxy.ts';

const HOST = 'cloudformation.us-east-1.amazonaws.com';
let proxy: EgressProxy;

beforeEach(async () => {
  proxy = await startEgressProxy(9);
  proxy.refuse(HOST);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'a');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'a');
  vi.stubEnv('AWS_ENDPOINT_URL', '');
  // The process reads its proxy when it starts.
  vi.stubEnv('NODE_USE_ENV_PROXY', '1');
  vi.stubEnv('HTTPS_PROXY', proxy.url);
  vi.stubEnv('NO_PROXY', '');
  vi.resetModules();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await proxy.close();
});

test('the CLI calls AWS through the egress proxy', async () => {
  const { createClients } = await import('../../cli/clients.ts');
  const { cloudFormation } = createClients({ region: 'us-east-1' }, {});
  await expect(cloudFormation.send(new ListStacksCommand({}))).rejects.toThrow();
  expect(proxy.log[0]).toMatch(`CONNECT ${HOST}:443`);
});
