import { GetParameterCommand, PutParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { removeToken } from '../../../lambda/deployment/remove-token.ts';
import { deploymentTime } from '../../../lambda/deployment/retry-without-permission.ts';
import { sha256 } from '../../../lambda/shared/stored-token.ts';
import { type AwsCall, type AwsEndpoint, startAwsEndpoint } from '../../../local/embedded-cloud/endpoint.ts';
import { awsClients } from '../../support/client.ts';
import { createTestClock, type TestClock } from '../../support/test-clock.ts';

const NAME = '/removal/access-token';

let cloud: AwsEndpoint;
let ssm: SSMClient;
let clock: TestClock;

beforeEach(async () => {
  cloud = await startAwsEndpoint();
  ssm = awsClients(cloud.url).ssm;
  clock = createTestClock();
  const record = {
    access_token: 'token',
    token_type: 'Bearer',
    issued_at: 1_800_000_000,
    expires_at: 1_800_003_600,
    source: sha256('source'),
  };
  await ssm.send(
    new PutParameterCommand({ Name: NAME, Value: JSON.stringify(record), Type: 'SecureString' }),
  );
});
afterEach(async () => {
  ssm.destroy();
  await cloud.close();
});

const remove = () =>
  removeToken(NAME, { ssm, ...deploymentTime(clock, 360_000) }).catch(
    ({ code }: { code: string }) => `failed with ${code}`,
  );
const deny = (isMeant: (call: AwsCall) => boolean, times = Number.POSITIVE_INFINITY) => {
  let left = times;
  cloud.intercept((call) => {
    if (left === 0 || !isMeant(call)) return undefined;
    left -= 1;
    return { status: 400, type: 'AccessDeniedException', message: 'not authorized' };
  });
};
const isRead = ({ operation }: AwsCall) => operation === 'GetParameter';
const isDecryption = (call: AwsCall) => isRead(call) && call.input.WithDecryption === true;
const isRemoval = ({ operation }: AwsCall) => operation === 'DeleteParameter';

test.for<[string, (call: AwsCall) => boolean, number]>([
  // A denied read is tried without decryption, so it takes two denials.
  ['read', isRead, 4],
  ['decrypted', isDecryption, 2],
  ['deleted', isRemoval, 2],
])('waits for new permissions while the parameter may not be %s', async ([, isMeant, denials]) => {
  deny(isMeant, denials);
  expect(await remove()).toBe('parameter deleted');
  expect(clock.sleeps).toEqual([5_000, 10_000]);
});

test.for<[string, (call: AwsCall) => boolean, string]>([
  ['fails if the parameter may still not be read', isRead, 'failed with STORE_UNAVAILABLE'],
  [
    'leaves the value unchanged if it may still not be decrypted',
    isDecryption,
    'parameter left unchanged, because it could not be decrypted',
  ],
  ['fails if the parameter may still not be deleted', isRemoval, 'failed with STORE_UNAVAILABLE'],
])('after four waits, %s', async ([, isMeant, outcome]) => {
  deny(isMeant);
  expect(await remove()).toBe(outcome);
  expect(clock.sleeps).toEqual([5_000, 10_000, 15_000, 20_000]);
});

test('does not wait after a failure that is not a denial', async () => {
  cloud.intercept(() => ({ status: 400, type: 'InvalidKeyId', message: 'the key was deleted' }));
  expect(await remove()).toBe('parameter left unchanged, because it could not be decrypted');
  expect(clock.sleeps).toEqual([]);
});

const isStored = async () =>
  ssm.send(new GetParameterCommand({ Name: NAME })).then(
    () => true,
    () => false,
  );
const failWith = (type: string, isMeant: (call: AwsCall) => boolean) =>
  cloud.intercept((call) => (isMeant(call) ? { status: 400, type, message: 'of the test' } : undefined));

test('deletes a token, and finds none the next time', async () => {
  expect(await remove()).toBe('parameter deleted');
  expect(await isStored()).toBe(false);
  expect(await remove()).toBe('the parameter does not exist');
});

test('succeeds if the parameter was deleted in the meantime', async () => {
  failWith('ParameterNotFound', isRemoval);
  expect(await remove()).toBe('the parameter does not exist');
});

test('leaves the value of somebody else unchanged, and says what it found', async () => {
  await ssm.send(new PutParameterCommand({ Name: NAME, Value: '{}', Type: 'SecureString', Overwrite: true }));
  expect(await remove()).toBe('parameter left unchanged, because it holds JSON of another kind');
  expect(await isStored()).toBe(true);
});

test.for<[string, (call: AwsCall) => boolean]>([
  ['read', isRead],
  ['deleted', isRemoval],
])('fails at once if the parameter cannot be %s for another reason than a denial', async ([, isMeant]) => {
  failWith('ValidationException', isMeant);
  expect(await remove()).toBe('failed with STORE_UNAVAILABLE');
  expect(clock.sleeps).toEqual([]);
});

test('names the reason and the command if the parameter cannot be deleted', async () => {
  failWith('ValidationException', isRemoval);
  await expect(removeToken(NAME, { ssm, ...deploymentTime(clock, 360_000) })).rejects.toMatchObject({
    message:
      `STORE_UNAVAILABLE: parameter ${NAME} could not be deleted: ValidationException (HTTP 400). ` +
      `Run: aws ssm delete-parameter --name '${NAME}', and destroy the stack again.`,
    details: { reason: 'ValidationException' },
  });
});

test('fails with a bug itself', async () => {
  const broken = {
    send: () => {
      throw new RangeError('a bug');
    },
  } as unknown as SSMClient;
  const removal = removeToken(NAME, { ssm: broken, ...deploymentTime(clock, 360_000) });
  await expect(removal).rejects.toThrow(new RangeError('a bug'));
});

test('deletes a damaged record of the refresher', async () => {
  const Value = JSON.stringify({ source: sha256('source') });
  await ssm.send(new PutParameterCommand({ Name: NAME, Value, Type: 'SecureString', Overwrite: true }));
  expect(await remove()).toBe('parameter deleted');
});
