import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createReader } from '../../../lambda/reader/create-reader.ts';
import { createStoredParameter, type StoredParameter } from '../../support/stored-parameter.ts';

let parameter: StoredParameter;
beforeEach(async () => {
  parameter = await createStoredParameter();
  const environment = {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'id',
    AWS_SECRET_ACCESS_KEY: 'key',
    AWS_SESSION_TOKEN: 'session',
    AWS_CONFIG_FILE: '/missing',
    AWS_ENDPOINT_URL: parameter.cloud.url,
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await parameter.close();
});

/** The error of the first read, and after how many seconds it came. */
async function failureOf(client: object = {}): Promise<object> {
  const { time, name } = parameter;
  const reader = createReader({ parameterName: name, ...client }, { ...time, random: () => 0.5 });
  const startedAt = time.now();
  const { code, retryable, message } = await time.until(reader.get().catch((error) => error));
  return { code, retryable, message, seconds: (time.now() - startedAt) / 1_000 };
}

describe('without credentials', () => {
  const withoutCredentials = (name: string) => ({
    ssm: { getParameter: () => Promise.reject(Object.assign(new Error('of the test'), { name })) },
  });

  test.for(['CredentialsProviderError', 'TokenProviderError', 'ProviderError'])(
    'a read fails at once if nothing says where they come from: %s',
    async (name) => {
      expect(await failureOf(withoutCredentials(name))).toEqual({
        ...{ code: 'ACCESS_DENIED', retryable: false, seconds: 0 },
        message: expect.stringContaining(`${name}. Give the function a role, or set AWS_PROFILE`),
      });
    },
  );

  test.for([
    'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
    'AWS_CONTAINER_CREDENTIALS_FULL_URI',
    'AWS_WEB_IDENTITY_TOKEN_FILE',
  ])('a read in a container tries again, because they may be there in a moment: %s', async (variable) => {
    vi.stubEnv(variable, 'the-source');
    expect(await failureOf(withoutCredentials('CredentialsProviderError'))).toEqual({
      ...{ code: 'STORE_UNAVAILABLE', retryable: true, seconds: 10 },
      message: expect.stringContaining("Try again later. If this lasts, check the container's role"),
    });
  });
});

test.for(['AWS_ACCESS_KEY_ID', 'AWS_SESSION_TOKEN'])(
  'a read fails at once if %s ends with a line break, and names it',
  async (variable) => {
    vi.stubEnv(variable, 'with-a-line-break\r\n');
    expect(await failureOf()).toEqual({
      ...{ code: 'CONFIGURATION_INVALID', retryable: false, seconds: 0 },
      message: expect.stringMatching(new RegExp(`ERR_INVALID_CHAR. Remove line breaks from .*${variable}`)),
    });
    expect(parameter.reads()).toBe(0);
  },
);
