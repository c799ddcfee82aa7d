import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClients } from '../../cli/clients.ts';
import packageJson from '../../package.json' with { type: 'json' };

const main = fileURLToPath(new URL('../../cli/main.ts', import.meta.url));
/** A home directory without AWS configuration. */
let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'token-refresher-home-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

const run = async (args: readonly string[], environment: Readonly<Record<string, string>> = {}) => {
  const env = { PATH: process.env.PATH, HOME: home, AWS_EC2_METADATA_DISABLED: 'true', ...environment };
  const { stdout, stderr, code } = await promisify(execFile)(process.execPath, [main, ...args], { env }).then(
    (done) => ({ ...done, code: 0 }),
    (failed: { stdout: string; stderr: string; code: number }) => failed,
  );
  return { stdout, stderr, code };
};

test('prints its version and its help', async () => {
  expect(await run(['--version'])).toEqual({ code: 0, stdout: `${packageJson.version}\n`, stderr: '' });
  const { code, stdout } = await run(['--help']);
  expect(code).toBe(0);
  for (const command of ['status', 'doctor', 'refresh', 'set-credentials', 'token'])
    expect(stdout).toContain(command);
});

const LOCAL = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'a' };

test.for<[string[], Record<string, string>, RegExp]>([
  [['nonsense'], {}, /unknown command 'nonsense'/],
  [['status', '--nonsense'], {}, /unknown option '--nonsense'/],
  [['status', 'a', 'b'], {}, /too many arguments/],
  [['status'], {}, /no usable AWS region is set/],
  [['status'], { AWS_REGION: 'us-east-1' }, /no usable AWS credentials found/],
  [['status', '--region', 'EU'], LOCAL, /"EU" is not an AWS region.* Correct --region/],
  [['status', '--region', ''], LOCAL, /"" is not an AWS region/],
  [['status'], { ...LOCAL, AWS_REGION: 'eu west' }, /"eu west" is not an AWS region/],
  [['status', '--profile', 'nobody'], LOCAL, /no profile "nobody" in .*config or .*There are no profiles/],
  [['status'], { ...LOCAL, AWS_PROFILE: 'nobody' }, /no profile "nobody".* Correct --profile or AWS_PROFILE/],
  [['status'], { ...LOCAL, AWS_ENDPOINT_URL: 'not a URL' }, /AWS_ENDPOINT_URL is not a URL: "not a URL"/],
  [['status'], { ...LOCAL, AWS_ENDPOINT_URL: 'localhost:4566' }, /is not a URL.*unset it to use AWS/],
  [['status'], { ...LOCAL, AWS_ENDPOINT_URL_SSM: 'ftp://a' }, /AWS_ENDPOINT_URL_SSM is not a URL: "ftp:/],
  [
    ['status'],
    { ...LOCAL, AWS_ENDPOINT_URL: 'http://127.0.0.1:9' },
    /at http:\/\/127\.0\.0\.1:9: ECONNREFUSED\. Start that endpoint, or correct AWS_ENDPOINT_URL/,
  ],
])('%j in environment %j fails with 3 and says why', async ([args, environment, message]) => {
  const { code, stdout, stderr } = await run(args, environment);
  expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
  expect(stderr).toMatch(message);
});

test.for<[object, Record<string, string>, string]>([
  [{ region: 'eu-west-1' }, { AWS_REGION: 'eu-west-2', AWS_DEFAULT_REGION: 'eu-west-3' }, 'eu-west-1'],
  [{}, { AWS_REGION: 'eu-west-2', AWS_DEFAULT_REGION: 'eu-west-3' }, 'eu-west-2'],
  [{}, { AWS_DEFAULT_REGION: 'eu-west-3' }, 'eu-west-3'],
])('options %j in environment %j use region %s', async ([options, environment, region]) => {
  expect(await createClients(options, environment).ssm.config.region()).toBe(region);
});

test('names the profiles that exist if the chosen one does not', async () => {
  const [config, secrets] = [join(home, 'config'), join(home, 'credentials')];
  await writeFile(config, '[default]\n[profile "on call"]\n[ profile sso ]\n[sso-session corporate]\n');
  await writeFile(secrets, '[keys]\naws_access_key_id = a\naws_secret_access_key = a\n');
  const environment = { ...LOCAL, AWS_CONFIG_FILE: config, AWS_SHARED_CREDENTIALS_FILE: secrets };
  const { stderr } = await run(['status', '--profile', 'corporate'], environment);
  expect(stderr).toContain(`in ${config} or ${secrets}. Profiles: default, on call, sso, keys. Correct`);
  const found = await run(['status', '--profile', 'keys'], {
    ...environment,
    AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
  });
  expect(found.stderr).toContain('ECONNREFUSED');
});
