import { PutParameterCommand, type PutParameterCommandInput, type SSMClient } from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  assertFits,
  isUndecryptable,
  readReplaceable,
  readStored,
  type WrittenParameter,
  writeToken,
} from '../../../lambda/refresher/store.ts';
import { RefreshError } from '../../../lambda/shared/refresh-error.ts';
import { type StoredToken, sha256 } from '../../../lambda/shared/stored-token.ts';
import { TOKEN_WRITE } from '../../../lambda/shared/time-budget.ts';
import { type AwsCall, type AwsEndpoint, startAwsEndpoint } from '../../../local/embedded-cloud/endpoint.ts';
import { awsClients } from '../../support/client.ts';
import { createTestClock } from '../../support/test-clock.ts';

const NAME = '/a/b';
const TOKEN: StoredToken = {
  access_token: 'token',
  token_type: 'Bearer',
  issued_at: 1_800_000_000,
  expires_at: 1_800_003_600,
  source: sha256('source'),
};

let cloud: AwsEndpoint;
let ssm: SSMClient;
beforeEach(async () => {
  cloud = await startAwsEndpoint();
  ({ ssm } = awsClients(cloud.url));
});
afterEach(async () => {
  ssm.destroy();
  await cloud.close();
});

const put = (Value: string, more: Partial<PutParameterCommandInput> = {}) =>
  ssm.send(new PutParameterCommand({ Name: NAME, Value, Type: 'SecureString', Overwrite: true, ...more }));
const fail = (type: string, isMeant: (call: AwsCall) => boolean = () => true) =>
  cloud.intercept((call) => (isMeant(call) ? { status: 400, type, message: 'of the test' } : undefined));
const answerPlainRead = (body: string) =>
  cloud.intercept((call) =>
    isDecryption(call) ? { status: 400, type: 'InvalidKeyId', message: 'no' } : { body },
  );
const isDecryption = ({ input }: AwsCall) => input.WithDecryption === true;

describe('a parameter', () => {
  test('that does not exist is missing', async () => {
    expect(await readStored(ssm, NAME)).toEqual({ state: 'missing' });
  });

  test('with a token is read with its version', async () => {
    await put('{}');
    await put(JSON.stringify(TOKEN));
    expect(await readStored(ssm, NAME)).toEqual({ state: 'token', version: 2, token: TOKEN });
  });

  test('of another type belongs to somebody else', async () => {
    await put(JSON.stringify(TOKEN), { Type: 'String' });
    expect(await readStored(ssm, NAME)).toEqual({
      state: 'foreign',
      version: 1,
      found: 'a String instead of a SecureString',
      isSecureString: false,
    });
  });

  test.for<[string, object]>([
    ['{"Parameter":{"Type":"SecureString"}}', { state: 'foreign', version: 0, isSecureString: true }],
    [
      JSON.stringify({ Parameter: { Type: 'SecureString', Value: JSON.stringify(TOKEN) } }),
      { state: 'token', version: 0 },
    ],
  ])('that Parameter Store describes as %s is understood as far as possible', async ([body, stored]) => {
    cloud.intercept(() => ({ body }));
    expect(await readStored(ssm, NAME)).toMatchObject(stored);
  });

  test.for(['{}', '{"Parameter":{}}'])(
    'that is missing in the answer %s is not taken for missing',
    async (body) => {
      cloud.intercept(() => ({ body }));
      await expect(readStored(ssm, NAME)).rejects.toMatchObject({
        code: 'STORE_UNAVAILABLE',
        message: expect.stringContaining('could not be read: the answer holds no parameter'),
        details: { reason: 'NO_PARAMETER' },
      });
    },
  );

  test('is not read any longer than its caller waits', async () => {
    const waits = new AbortController();
    waits.abort();
    await expect(readStored(ssm, NAME, { abortSignal: waits.signal })).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
    expect(cloud.calls).toEqual([]);
  });

  test.for([
    ['AccessDeniedException', true],
    ['InvalidKeyId', true],
    ['ThrottlingException', false],
  ] as const)(
    'that cannot be read because of %s fails with what to do',
    async ([type, mayBeUndecryptable]) => {
      fail(type);
      const failure = await readStored(ssm, NAME).catch((error: RefreshError) => error);
      expect(failure).toMatchObject({ code: 'STORE_UNAVAILABLE', details: { reason: type } });
      const { message } = failure as RefreshError;
      expect(message).toContain(`parameter ${NAME} could not be read: ${type}`);
      expect(message.endsWith('invoke the function with {"force": true}.')).toBe(mayBeUndecryptable);
      expect(message.endsWith('with the deployed template.')).toBe(!mayBeUndecryptable);
    },
  );
});

describe('a value counts as one that cannot be decrypted', () => {
  const errorOf = (reason?: string) =>
    new RefreshError('STORE_UNAVAILABLE', 'of the test', reason === undefined ? {} : { reason });

  test.for<[string, unknown, string | undefined, boolean]>([
    ['if its key was deleted', errorOf('InvalidKeyId'), undefined, true],
    ['if its key was deleted and reading is denied', errorOf('InvalidKeyId'), 'AccessDeniedException', true],
    ['if only reading with decryption is denied', errorOf('AccessDeniedException'), undefined, true],
    [
      'if reading without decryption fails otherwise',
      errorOf('AccessDeniedException'),
      'ThrottlingException',
      true,
    ],
    ['but not if every read is denied', errorOf('AccessDeniedException'), 'AccessDeniedException', false],
    ['but not if reading is throttled', errorOf('ThrottlingException'), undefined, false],
    ['but not if the reason is unknown', errorOf(), undefined, false],
    ['but not if the error is another', new Error('InvalidKeyId'), undefined, false],
  ])('%s', async ([, error, plainRead, expected]) => {
    await put('value');
    if (plainRead !== undefined) fail(plainRead, ({ input }) => input.Name === NAME);
    expect(await isUndecryptable(ssm, NAME, error)).toBe(expected);
  });
});

describe('a forced run', () => {
  test('may replace a value that cannot be decrypted', async () => {
    await put('value');
    fail('AccessDeniedException', isDecryption);
    expect(await readReplaceable(ssm, NAME)).toEqual({
      state: 'foreign',
      version: 1,
      found: 'a value that cannot be decrypted',
      isSecureString: true,
    });
  });

  test.for<[string, () => unknown]>([
    ['fails', () => fail('InvalidKeyId')],
    ['has no parameter', () => answerPlainRead('{}')],
    ['has no version', () => answerPlainRead('{"Parameter":{}}')],
  ])('takes the version for 0 if the answer to reading it %s', async ([, prepare]) => {
    await put('value');
    prepare();
    expect(await readReplaceable(ssm, NAME)).toMatchObject({ state: 'foreign', version: 0 });
  });

  test('fails if every read is denied', async () => {
    fail('AccessDeniedException');
    await expect(readReplaceable(ssm, NAME)).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });

  test('reads a token that can be decrypted', async () => {
    await put(JSON.stringify(TOKEN));
    expect(await readReplaceable(ssm, NAME)).toMatchObject({ state: 'token', version: 1 });
  });
});

test('a record of 8,192 bytes fits, and one more does not', () => {
  const empty = Buffer.byteLength(JSON.stringify({ ...TOKEN, access_token: '' }));
  const largest = 'x'.repeat(8_192 - empty);
  expect(() => assertFits({ ...TOKEN, access_token: largest }, NAME)).not.toThrow();
  expect(() => assertFits({ ...TOKEN, access_token: `${largest}x` }, NAME)).toThrow(
    /^TOKEN_TOO_LARGE: the record for parameter \/a\/b takes 8193 bytes.*at most 8192.*fewer scopes/,
  );
});

describe('a write', () => {
  const PARAMETER: WrittenParameter = {
    ...{ name: NAME, keyId: 'alias/k', tier: 'Intelligent-Tiering', tags: {}, isMissing: false },
  };
  const write = (clock = createTestClock()) => writeToken({ tokenWriter: ssm, clock }, PARAMETER, TOKEN);

  test('sends the whole record, encrypted with the key, and returns the new version', async () => {
    expect(await write()).toBe(1);
    expect(await write()).toBe(2);
    expect(cloud.calls[0]?.input).toEqual({
      Name: NAME,
      Value: JSON.stringify(TOKEN),
      Type: 'SecureString',
      KeyId: 'alias/k',
      Tier: 'Intelligent-Tiering',
      Overwrite: true,
    });
  });

  test('without a version in the answer counts as version 0', async () => {
    cloud.intercept(() => ({ body: '{}' }));
    expect(await write()).toBe(0);
  });

  test('ends when its time is up', async () => {
    const limits: number[] = [];
    const timeout = (milliseconds: number) => {
      limits.push(milliseconds);
      return AbortSignal.abort();
    };
    await expect(write({ ...createTestClock(), timeout })).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    });
    expect(limits).toEqual([TOKEN_WRITE.totalMs]);
    expect(cloud.calls).toEqual([]);
  });

  test.for([
    ['HierarchyTypeMismatchException', 'PARAMETER_OCCUPIED', /\/a\/b is not a SecureString.*choose another/],
    [
      'ParameterMaxVersionLimitExceeded',
      'STORE_UNAVAILABLE',
      /\/a\/b could not .* label.*unlabel-parameter-version/,
    ],
    ['AccessDeniedException', 'STORE_UNAVAILABLE', /\/a\/b could not be written: AccessDenied.*template\.$/],
    [
      'InternalServerError',
      'STORE_UNAVAILABLE',
      /\/a\/b could not be written: InternalServerError.*template\.$/,
    ],
  ] as const)('that Parameter Store answers with %s fails with %s', async ([type, code, message]) => {
    fail(type);
    await expect(write()).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
      details: { reason: type },
    });
  });
});
