import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { sourceFingerprint } from '../../../lambda/refresher/source-fingerprint.ts';
import { writeToken } from '../../../lambda/refresher/store.ts';
import { type StoredToken, sha256 } from '../../../lambda/shared/stored-token.ts';
import { type AwsEndpoint, startAwsEndpoint } from '../../../local/embedded-cloud/endpoint.ts';
import { type AwsClients, awsClients } from '../../support/client.ts';
import { configurationFor } from '../../support/configuration.ts';
import { tagsOf } from '../../support/tags.ts';
import { createTestClock } from '../../support/test-clock.ts';

const TAGS = { team: 'travel', 'cost-center': '4711' };
const PARAMETER = { name: '/a/b', keyId: 'alias/k', tier: 'Intelligent-Tiering', tags: TAGS } as const;
const TOKEN: StoredToken = {
  access_token: 'token',
  token_type: 'Bearer',
  issued_at: 1_800_000_000,
  expires_at: 1_800_003_600,
  source: sha256('source'),
};

let cloud: AwsEndpoint;
let ssm: AwsClients['ssm'];

beforeEach(async () => {
  cloud = await startAwsEndpoint();
  ({ ssm } = awsClients(cloud.url));
});
afterEach(async () => {
  ssm.destroy();
  await cloud.close();
});

const write = (parameter: {
  readonly isMissing: boolean;
  readonly tags?: Readonly<Record<string, string>>;
}) => writeToken({ tokenWriter: ssm, clock: createTestClock() }, { ...PARAMETER, ...parameter }, TOKEN);
const writes = () =>
  cloud.calls
    .filter(({ operation }) => operation === 'PutParameter')
    .map(({ input }) => ({ overwrite: input.Overwrite === true, tagged: input.Tags !== undefined }));
const OVERWRITE = { overwrite: true, tagged: false };
const CREATE = { overwrite: false, tagged: true };

test('the first write of a parameter carries its tags, and later writes overwrite without them', async () => {
  expect(await write({ isMissing: true })).toBe(1);
  expect(await write({ isMissing: false })).toBe(2);
  expect(writes()).toEqual([CREATE, OVERWRITE]);
  expect(await tagsOf(ssm, PARAMETER.name)).toEqual(TAGS);
});

test('the first write asks for the tier too, so a parameter can be shared from the start', async () => {
  await writeToken(
    { tokenWriter: ssm, clock: createTestClock() },
    { ...PARAMETER, tier: 'Advanced', isMissing: true },
    TOKEN,
  );
  const [input] = cloud.calls
    .filter(({ operation }) => operation === 'PutParameter')
    .map((call) => call.input);
  expect(input).toMatchObject({ Tier: 'Advanced', Type: 'SecureString', KeyId: PARAMETER.keyId });
});

test('without tags, every write overwrites', async () => {
  await write({ isMissing: true, tags: {} });
  expect(writes()).toEqual([OVERWRITE]);
});

test('a run overwrites the parameter if another run has created it in the meantime', async () => {
  const Type = 'SecureString';
  await ssm.send(new PutParameterCommand({ Name: PARAMETER.name, Value: 'other', Type }));
  expect(await write({ isMissing: true })).toBe(2);
  expect(writes().slice(1)).toEqual([CREATE, OVERWRITE]);
});

test('a first write that is denied fails with STORE_UNAVAILABLE and writes nothing without tags', async () => {
  cloud.intercept(({ operation }) =>
    operation === 'PutParameter'
      ? { status: 400, type: 'AccessDeniedException', message: 'not authorized to ssm:AddTagsToResource' }
      : undefined,
  );
  await expect(write({ isMissing: true })).rejects.toMatchObject({
    code: 'STORE_UNAVAILABLE',
    message: expect.stringContaining('ssm:AddTagsToResource'),
  });
  expect(writes()).toEqual([CREATE]);
});

test('tags do not change what a token is minted from', () => {
  const configuration = configurationFor('https://auth.example.com/token');
  expect(sourceFingerprint({ ...configuration, parameterTags: TAGS }, 'version')).toBe(
    sourceFingerprint(configuration, 'version'),
  );
});
