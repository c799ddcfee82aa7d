import { expect, test, vi } from 'vitest';
import { defaultProvider } from '../../../lambda/shared/environment-credentials.ts';

test.for([
  ['1', true],
  ['0', false],
  ['', false],
  [undefined, false],
] as const)(
  'AWS clients use the proxy of the environment if NODE_USE_ENV_PROXY is %j: %s',
  async ([value, uses]) => {
    vi.stubEnv('NODE_USE_ENV_PROXY', value);
    vi.resetModules();
    const { proxyEnv } = await import('../../../lambda/shared/aws-client.ts');
    expect(proxyEnv).toBe(uses ? process.env : undefined);
  },
);

test('the credentials come from the environment', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'id');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'key');
  expect(await defaultProvider()()).toMatchObject({ accessKeyId: 'id', secretAccessKey: 'key' });
});
