import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { directEndpoint, hasConfigFile, mayFindRegion } from '../../../lambda/shared/direct-endpoint.ts';

/** The environment of a Lambda function. */
const FUNCTION = {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'id',
  AWS_SECRET_ACCESS_KEY: 'key',
  AWS_SESSION_TOKEN: 'session',
};

test('in a Lambda function, the reader takes the region and credentials of the environment', () => {
  expect(directEndpoint('ssm', FUNCTION)).toEqual({
    service: 'ssm',
    region: 'us-east-1',
    url: new URL('https://ssm.us-east-1.amazonaws.com'),
    credentials: { accessKeyId: 'id', secretAccessKey: 'key', sessionToken: 'session' },
  });
});

test.for<[Record<string, string>, string]>([
  [{ AWS_REGION: 'eu-central-1' }, 'https://ssm.eu-central-1.amazonaws.com/'],
  [{ AWS_REGION: 'mx-central-1' }, 'https://ssm.mx-central-1.amazonaws.com/'],
  [{ AWS_REGION: 'ap-southeast-12' }, 'https://ssm.ap-southeast-12.amazonaws.com/'],
  [{ AWS_REGION: 'us-gov-west-1' }, 'https://ssm.us-gov-west-1.amazonaws.com/'],
  [{ AWS_REGION: 'us-gov-west-12' }, 'https://ssm.us-gov-west-12.amazonaws.com/'],
  [{ AWS_REGION: 'cn-north-1' }, 'https://ssm.cn-north-1.amazonaws.com.cn/'],
  [{ AWS_REGION: 'cn-north-12' }, 'https://ssm.cn-north-12.amazonaws.com.cn/'],
  [{ AWS_ENDPOINT_URL: 'http://localhost:4566' }, 'http://localhost:4566/'],
  [{ AWS_ENDPOINT_URL: 'http://localhost:4566/a/b' }, 'http://localhost:4566/a/b'],
  [{ AWS_ENDPOINT_URL_SSM: 'https://vpce-1.example.com' }, 'https://vpce-1.example.com/'],
  [
    { AWS_ENDPOINT_URL_SSM: 'https://a.example', AWS_ENDPOINT_URL: 'https://b.example' },
    'https://a.example/',
  ],
  [{ AWS_ENDPOINT_URL_LAMBDA: 'https://vpce-1.example.com' }, 'https://ssm.us-east-1.amazonaws.com/'],
  [{ AWS_ENDPOINT_URL: '' }, 'https://ssm.us-east-1.amazonaws.com/'],
  [{ AWS_ENDPOINT_URL: 'http://localhost', AWS_REGION: 'local' }, 'http://localhost/'],
  [{ AWS_PROFILE: '' }, 'https://ssm.us-east-1.amazonaws.com/'],
  [{ AWS_USE_FIPS_ENDPOINT: 'false' }, 'https://ssm.us-east-1.amazonaws.com/'],
  [{ AWS_USE_DUALSTACK_ENDPOINT: '' }, 'https://ssm.us-east-1.amazonaws.com/'],
  [{ AWS_CONFIG_FILE: '/missing/config' }, 'https://ssm.us-east-1.amazonaws.com/'],
  [{ HOME: '/missing', USERPROFILE: '/' }, 'https://ssm.us-east-1.amazonaws.com/'],
])('with %j, Parameter Store is reached without the SDK at %s', ([more, url]) => {
  expect(directEndpoint('ssm', { ...FUNCTION, ...more })?.url.href).toBe(url);
});

test('Lambda is reached at its own endpoint', () => {
  expect(directEndpoint('lambda', FUNCTION)?.url.href).toBe('https://lambda.us-east-1.amazonaws.com/');
  const environment = { ...FUNCTION, AWS_ENDPOINT_URL_LAMBDA: 'https://vpce-1.example.com' };
  expect(directEndpoint('lambda', environment)?.url.href).toBe('https://vpce-1.example.com/');
});

test.for<Record<string, string>>([
  { AWS_REGION: '' },
  { AWS_ACCESS_KEY_ID: '' },
  { AWS_SECRET_ACCESS_KEY: '' },
  { AWS_PROFILE: 'work' },
  { AWS_USE_FIPS_ENDPOINT: 'true' },
  { AWS_USE_DUALSTACK_ENDPOINT: 'true' },
  { AWS_USE_DUALSTACK_ENDPOINT: 'yes' },
  { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true', AWS_ENDPOINT_URL: 'http://localhost' },
  { AWS_CONFIG_FILE: import.meta.filename },
  { AWS_REGION: 'us-iso-east-1' },
  { AWS_REGION: 'us-isob-east-1' },
  { AWS_REGION: 'eusc-de-east-1' },
  { AWS_REGION: 'us-east' },
  { AWS_REGION: 'x-us-east-1' },
  { AWS_REGION: 'us-east-1.example.com' },
  { AWS_REGION: 'x-us-gov-west-1' },
  { AWS_REGION: 'us-gov-west-1.example.com' },
  { AWS_REGION: 'x-cn-north-1' },
  { AWS_REGION: 'cn-north-1.example.com' },
  { AWS_ENDPOINT_URL: 'localhost' },
  { AWS_ENDPOINT_URL: 'ftp://localhost' },
  { AWS_ENDPOINT_URL: 'http://user@localhost' },
  { AWS_ENDPOINT_URL: 'http://:password@localhost' },
  { AWS_ENDPOINT_URL: 'http://localhost?a=b' },
  { AWS_ENDPOINT_URL: 'http://localhost#a' },
])('with %j, the reader leaves it to the SDK', (more) => {
  expect(directEndpoint('ssm', { ...FUNCTION, ...more })).toBeUndefined();
});

test('an empty session token is none', () => {
  const { credentials } = directEndpoint('ssm', { ...FUNCTION, AWS_SESSION_TOKEN: '' }) ?? {};
  expect(credentials?.sessionToken).toBeUndefined();
});

test('the configuration file of the AWS CLI is found in the home directory', async () => {
  const home = await mkdtemp(join(tmpdir(), 'home-'));
  expect(hasConfigFile({ HOME: home })).toBe(false);
  await mkdir(join(home, '.aws'));
  await writeFile(join(home, '.aws/config'), '');
  expect(hasConfigFile({ HOME: home })).toBe(true);
  expect(hasConfigFile({ USERPROFILE: home })).toBe(true);
  expect(hasConfigFile({ HOME: home, AWS_CONFIG_FILE: '/missing' })).toBe(false);
  expect(directEndpoint('ssm', { ...FUNCTION, HOME: home })).toBeUndefined();
  expect(hasConfigFile({})).toBe(false);
});

test.for([
  ['config', 'AWS_CONFIG_FILE'],
  ['credentials', 'AWS_SHARED_CREDENTIALS_FILE'],
] as const)('the file %s of the AWS CLI may name the region', async ([name, variable]) => {
  const home = await mkdtemp(join(tmpdir(), 'home-'));
  expect(mayFindRegion({ HOME: home })).toBe(false);
  await mkdir(join(home, '.aws'));
  const file = join(home, '.aws', name);
  await writeFile(file, '');
  expect(mayFindRegion({ HOME: home })).toBe(true);
  expect(mayFindRegion({ HOME: home, [variable]: '/missing' })).toBe(false);
  expect(mayFindRegion({ [variable]: file })).toBe(true);
});
