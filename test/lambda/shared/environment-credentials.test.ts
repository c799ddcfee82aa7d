import { afterEach, expect, test, vi } from 'vitest';
import { defaultProvider } from '../../../lambda/shared/environment-credentials.ts';

afterEach(() => vi.unstubAllEnvs());

test('the credentials of the function come from its environment', async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'id of the role');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'key of the role');
  vi.stubEnv('AWS_SESSION_TOKEN', 'session of the role');
  expect(await defaultProvider()()).toMatchObject({
    accessKeyId: 'id of the role',
    secretAccessKey: 'key of the role',
    sessionToken: 'session of the role',
  });
});
