import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lookDirectly } from '../../../lambda/refresher/look-directly.ts';
import { sha256 } from '../../../lambda/shared/stored-token.ts';
import { type LoopbackServer, startLoopbackServer } from '../../../local/loopback-server.ts';
import { configurationFor } from '../../support/configuration.ts';

const RECORD = {
  access_token: 'token',
  token_type: 'Bearer',
  issued_at: 1_800_000_000,
  expires_at: 1_800_003_600,
  source: sha256('source'),
};
const PARAMETER = { Type: 'SecureString', Value: JSON.stringify(RECORD), Version: 3 };
const VERSIONS = { VersionIdsToStages: { v1: ['AWSPREVIOUS'], v2: ['AWSCURRENT'] } };

let server: LoopbackServer;
/** The answers by operation. */
let answers: Record<string, object>;
let requests: { path: string | undefined; type: string | undefined }[];

beforeEach(async () => {
  requests = [];
  answers = {
    'AmazonSSM.GetParameter': { Parameter: PARAMETER },
    'secretsmanager.DescribeSecret': VERSIONS,
  };
  server = await startLoopbackServer(({ url, headers }, response) => {
    requests.push({ path: url, type: headers['content-type'] });
    response.end(JSON.stringify(answers[String(headers['x-amz-target'])]));
  });
});
afterEach(() => server.stop());

const look = (more: Readonly<Record<string, string>> = {}) =>
  lookDirectly(configurationFor('https://auth.example.com/token'), {
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL: `${server.url}/base`,
    ...more,
  });

test('a look finds the stored token and the versions of the secret', async () => {
  expect(await look()).toEqual({
    stored: { state: 'token', version: 3, token: RECORD },
    versions: { current: 'v2', previous: 'v1' },
  });
  const request = { path: '/base/', type: 'application/x-amz-json-1.1' };
  expect(requests).toEqual([request, request]);
});

test('a look finds that a parameter without a value is foreign', async () => {
  answers['AmazonSSM.GetParameter'] = { Parameter: { Type: 'SecureString', Version: 3 } };
  const empty = await look();
  answers['AmazonSSM.GetParameter'] = { Parameter: { ...PARAMETER, Value: '' } };
  expect(empty).toEqual(await look());
  expect(empty).toMatchObject({ stored: { state: 'foreign', version: 3 } });
});

describe('a look leaves it to the SDK if', () => {
  test.for<[string, () => Readonly<Record<string, string>> | undefined]>([
    ['only the SDK can reach Parameter Store', () => ({ AWS_ENDPOINT_URL_SSM: 'no URL' })],
    ['only the SDK can reach Secrets Manager', () => ({ AWS_ENDPOINT_URL_SECRETS_MANAGER: 'no URL' })],
    [
      'the parameter is not a SecureString',
      () => {
        answers['AmazonSSM.GetParameter'] = { Parameter: { ...PARAMETER, Type: 'String' } };
        return undefined;
      },
    ],
    [
      'the secret has no current version',
      () => {
        answers['secretsmanager.DescribeSecret'] = { VersionIdsToStages: { v1: ['AWSPREVIOUS'] } };
        return undefined;
      },
    ],
    [
      'the secret will be deleted',
      () => {
        answers['secretsmanager.DescribeSecret'] = { ...VERSIONS, DeletedDate: 1_800_000_000 };
        return undefined;
      },
    ],
  ])('%s', async ([, arrange]) => {
    expect(await look(arrange())).toBeUndefined();
  });
});
