import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, expectTypeOf, test, vi } from 'vitest';
import { createReader } from '../../../lambda/reader/create-reader.ts';
import {
  createTokenReader,
  type GetOptions,
  type TokenReader,
  type TokenReaderOptions,
} from '../../../lambda/reader/token-reader.ts';
import type { FakeTokenReaderOptions, fakeStoredToken } from '../../../lambda/testing/fake-token-reader.ts';
import { createStoredParameter, type StoredParameter } from '../../support/stored-parameter.ts';

let parameter: StoredParameter;

/** The environment of a connected function, and its endpoint. Without a file of the AWS CLI. */
beforeEach(async () => {
  parameter = await createStoredParameter();
  const environment = {
    TOKEN_PARAMETER_NAME: parameter.name,
    TOKEN_REFRESHER_FUNCTION_NAME: undefined,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_CONFIG_FILE: '/missing',
    AWS_SHARED_CREDENTIALS_FILE: '/missing',
    AWS_ENDPOINT_URL: parameter.cloud.url,
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  await parameter.put('token', { issued_at: Math.floor(Date.now() / 1_000) });
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await parameter.close();
});

const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

const CALLS: readonly [string, (reader: TokenReader) => Promise<unknown>][] = [
  ['get', (reader) => reader.get()],
  ['authorization', (reader) => reader.authorization()],
  ['fetch', (reader) => reader.fetch(parameter.cloud.url)],
  ['reject', (reader) => reader.reject('token')],
];

describe('a reader that is created while a module loads', () => {
  test.for(CALLS)('fails with the first %s if the name of the parameter is missing', async ([, call]) => {
    vi.stubEnv('TOKEN_PARAMETER_NAME', undefined);
    const failure = await failureOf(call(createTokenReader()));
    expect(failure).toMatchObject({ code: 'CONFIGURATION_INVALID', retryable: false });
    expect(failure).toMatchObject({ message: expect.stringContaining('TOKEN_PARAMETER_NAME') });
  });

  test('fails with the first call if its parameterName is empty', async () => {
    const failure = await failureOf(createTokenReader({ parameterName: '' }).get());
    expect(failure).toMatchObject({ code: 'CONFIGURATION_INVALID' });
  });

  test.for(CALLS)('fails with the first %s if an option is out of its bounds', async ([, call]) => {
    const failure = await failureOf(call(createTokenReader({ minimumValidity: -1 })));
    expect(failure).toMatchObject({ name: 'TypeError', message: expect.stringContaining('minimumValidity') });
  });

  test('reads the names of the environment at the first call', async () => {
    vi.stubEnv('TOKEN_PARAMETER_NAME', undefined);
    const reader = createTokenReader();
    expect(await failureOf(reader.get())).toMatchObject({ code: 'CONFIGURATION_INVALID' });
    vi.stubEnv('TOKEN_PARAMETER_NAME', parameter.name);
    expect(await reader.get()).toBe('token');
    vi.stubEnv('TOKEN_PARAMETER_NAME', '/another');
    expect(await reader.get()).toBe('token');
    expect(await reader.authorization()).toBe('Bearer token');
  });

  test.for([undefined, ''])(
    'names the variable of the function of the refresher if it is %j',
    async (value) => {
      vi.stubEnv('TOKEN_REFRESHER_FUNCTION_NAME', value);
      const failure = await failureOf(createTokenReader().reject('token'));
      expect(failure).toMatchObject({ code: 'CONFIGURATION_INVALID' });
      expect(failure).toMatchObject({ message: expect.stringContaining('TOKEN_REFRESHER_FUNCTION_NAME') });
    },
  );
});

describe('an option that is undefined', () => {
  type AllUndefined<Options> = { [Option in keyof Options]-?: undefined };

  test('counts as left out', async () => {
    const options: AllUndefined<TokenReaderOptions> = {
      ...{ parameterName: undefined, refresherFunctionName: undefined, minimumValidity: undefined },
      ...{ replacementTimeout: undefined, ssm: undefined, lambda: undefined },
      ...{ fetch: undefined, onEvent: undefined },
    };
    const reader = createTokenReader(options);
    expect(await reader.get({ minimumValidity: undefined, signal: undefined })).toBe('token');
  });

  test('has the type of an option that is left out', () => {
    expectTypeOf<AllUndefined<TokenReaderOptions>>().toExtend<TokenReaderOptions>();
    expectTypeOf<AllUndefined<GetOptions>>().toExtend<GetOptions>();
    expectTypeOf<AllUndefined<FakeTokenReaderOptions>>().toExtend<FakeTokenReaderOptions>();
    type Fields = NonNullable<Parameters<typeof fakeStoredToken>[0]>;
    expectTypeOf<AllUndefined<Fields>>().toExtend<Fields>();
  });
});

test('a reader ends its timer when its search for another token ends', async () => {
  const { setTimeout: real } = await import('node:timers/promises');
  const wait = vi.fn(real);
  vi.doMock('node:timers/promises', () => ({ setTimeout: wait }));
  vi.resetModules();
  const module = await import('../../../lambda/reader/token-reader.ts');
  vi.doUnmock('node:timers/promises');
  const reader = module.createTokenReader({ fetch: async () => new Response(null, { status: 401 }) });
  expect((await reader.fetch('https://api.example.com')).status).toBe(401);
  const signal = expect.objectContaining({ aborted: true });
  expect(wait.mock.calls).toEqual([[10_000, undefined, { signal }]]);
});

describe('a reader is an object like any other', () => {
  test('a spy on get sees every call', async () => {
    const reader = createTokenReader();
    const spy = vi.spyOn(reader, 'get');
    expect([await reader.get(), await reader.get()]).toEqual(['token', 'token']);
    expect(spy).toHaveBeenCalledTimes(2);
  });

  test('a stub of get stays after a call of another method', async () => {
    const reader = createTokenReader();
    vi.spyOn(reader, 'get').mockResolvedValue('stub');
    expect(await reader.authorization()).toBe('Bearer token');
    expect(await reader.get()).toBe('stub');
  });

  test('a frozen reader returns the token', async () => {
    const reader = Object.freeze(createTokenReader());
    expect([await reader.get(), await reader.get()]).toEqual(['token', 'token']);
  });
});

describe('without a region', () => {
  const withoutRegion = async (configuration?: string, variable = 'AWS_CONFIG_FILE') => {
    await parameter.put('token');
    vi.stubEnv('AWS_REGION', undefined);
    if (configuration !== undefined) {
      const file = join(await mkdtemp(join(tmpdir(), 'config-')), 'config');
      await writeFile(file, configuration);
      vi.stubEnv(variable, file);
    }
    return createReader({}, { ...parameter.time, random: () => 0.5 });
  };

  test.for<[string, string | undefined]>([
    ['there is no configuration file', undefined],
    ['the configuration file names none', '[default]\noutput = json\n'],
  ])('a read fails at once and names the variable: %s', async ([, configuration]) => {
    const reader = await withoutRegion(configuration);
    // It settles although no time passes.
    const failure = await failureOf(reader.get());
    expect(failure).toMatchObject({ code: 'CONFIGURATION_INVALID', retryable: false });
    const message = 'CONFIGURATION_INVALID: the AWS region is missing. Set AWS_REGION.';
    expect(failure).toMatchObject({ message });
    expect(parameter.reads()).toBe(0);
  });

  test.for(['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE'])(
    'a read takes the region of the file in %s',
    async (variable) => {
      const reader = await withoutRegion('[default]\nregion = us-east-1\n', variable);
      expect(await parameter.time.until(reader.get())).toBe('token');
    },
  );

  test.for<[string, string | undefined]>([
    ['there is no configuration file', undefined],
    ['the configuration file names none', '[default]\noutput = json\n'],
  ])('a read succeeds once the region is set: %s', async ([, configuration]) => {
    const reader = await withoutRegion(configuration);
    expect(await failureOf(reader.get())).toMatchObject({ code: 'CONFIGURATION_INVALID' });
    vi.stubEnv('AWS_REGION', 'us-east-1');
    await parameter.time.advance(2_000);
    expect(await parameter.time.until(reader.get())).toBe('token');
  });
});

describe('if the environment needs an SDK that is not installed', () => {
  const notInstalled = () => {
    throw Object.assign(new Error('not found'), { code: 'ERR_MODULE_NOT_FOUND' });
  };
  beforeEach(() => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    vi.stubEnv('TOKEN_REFRESHER_FUNCTION_NAME', 'refresher');
    vi.doMock('@aws-sdk/client-ssm', notInstalled);
    vi.doMock('@aws-sdk/client-lambda', notInstalled);
  });
  afterEach(() => {
    vi.doUnmock('@aws-sdk/client-ssm');
    vi.doUnmock('@aws-sdk/client-lambda');
  });

  const read = (reader: TokenReader): Promise<unknown> => reader.get();
  const report = (reader: TokenReader): Promise<unknown> => reader.reject('token');
  /** What a client such as `SSMClient` has. */
  const client = { send: () => Promise.reject(new Error('sent')) };

  test.for<[string, TokenReaderOptions, (reader: TokenReader) => Promise<unknown>, string]>([
    [
      'a read',
      {},
      read,
      'ssm could not be loaded: Error. Install it. Without it, the reader needs AWS_REGION, AWS_ACCESS_KEY_ID and ' +
        'AWS_SECRET_ACCESS_KEY, and no AWS_PROFILE or configuration file of the AWS CLI.',
    ],
    ['a report', {}, report, 'lambda could not be loaded: Error. Install it.'],
    [
      'a read with SSMClient',
      { ssm: client },
      read,
      'ssm could not be loaded: Error. Install it, or pass `new SSM()` as the option `ssm`.',
    ],
    [
      'a report with LambdaClient',
      { lambda: client },
      report,
      'lambda could not be loaded: Error. Install it, or pass `new Lambda()` as the option `lambda`.',
    ],
  ])('%s fails at once and says what to do', async ([, options, call, text]) => {
    const reader = createReader(options, { ...parameter.time, random: () => 0.5 });
    const message = `CONFIGURATION_INVALID: @aws-sdk/client-${text}`;
    expect(await failureOf(call(reader))).toMatchObject({ code: 'CONFIGURATION_INVALID', message });
  });

  test('fetch returns a 401 at once, with a warning', async () => {
    const warnings = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    await parameter.put('token');
    const refuse = async () => new Response(null, { status: 401 });
    const options = { ssm: parameter.ssm, lambda: client, fetch: refuse };
    const reader = createReader(options, { ...parameter.time, random: () => 0.5 });
    // It settles although no time passes.
    expect((await reader.fetch('https://api.example.com')).status).toBe(401);
    expect(warnings.mock.calls).toMatchObject([[{ code: 'CONFIGURATION_INVALID' }]]);
  });
});
