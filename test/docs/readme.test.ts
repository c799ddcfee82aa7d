import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Match } from 'aws-cdk-lib/assertions';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { readSettings } from '../../infra/settings.ts';
import { startAuthorizationServer } from '../../local/authorization-server.ts';
import { startGuardedApi } from '../../local/guarded-api.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { confidential } from '../support/confidential.ts';
import { synthesizeExample } from '../support/document-examples.ts';
import { credentials, FUNCTION_NAME, startRefresher } from '../support/refresher.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
/** Inside the repository, so that the examples find the installed packages. */
const scratch = join(root, '.local', `readme-${randomUUID()}`);
const readme = await readFile(join(root, 'README.md'), 'utf8');

const block = (language: string, containing: string): string => {
  const blocks = [...readme.matchAll(/^( *)```(\w+)\n([\s\S]*?)^ *```$/gm)]
    .filter(([, , found]) => found === language)
    .map(([, indent = '', , text = '']) => text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''));
  const found = blocks.find((text) => text.includes(containing));
  if (found === undefined) throw new Error(`README.md has no ${language} block with ${containing}`);
  return found;
};

beforeAll(() => mkdir(scratch, { recursive: true }));
afterAll(() => rm(scratch, { recursive: true, force: true }));

test('the examples of a function and of a consumer call the API with the token', async () => {
  const clientSecret = confidential(`readme-secret/${randomUUID()}`);
  const authorizationServer = await startAuthorizationServer({
    clientId: 'client-id-of-the-test',
    clientSecret,
  });
  const api = await startGuardedApi(authorizationServer.isActive);
  const refresher = await startRefresher({ TOKEN_URL: authorizationServer.tokenUrl });
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    await Promise.all([authorizationServer.stop(), api.stop(), refresher.close()]);
  });
  await refresher.putSecret(credentials(clientSecret));
  expect((await refresher.invoke()).ok).toBe(true);
  const environment = {
    API_URL: api.url,
    TOKEN_PARAMETER_NAME: refresher.parameterName,
    TOKEN_REFRESHER_FUNCTION_NAME: FUNCTION_NAME,
    AWS_ENDPOINT_URL: refresher.cloud.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  };
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
  const example = join(scratch, 'reader.ts');
  await writeFile(example, block('ts', 'createTokenReader'));
  const { handler } = (await import(example)) as { handler: () => Promise<unknown> };

  expect(await handler()).toMatchObject({ statusCode: 200, body: expect.stringContaining('trips') });

  const consumer = join(scratch, 'consumer.mjs');
  await writeFile(consumer, block('js', 'createTokenReader'));
  const print = vi.spyOn(console, 'log').mockReturnValue(undefined);
  await import(consumer);
  expect(print).toHaveBeenCalledWith(200, expect.stringContaining('trips'));
});

test('the construct example lets the function read, decrypt, and report the token', async () => {
  const template = await synthesizeExample('README.md', 'new TokenRefresher', {
    account: '111111111111',
    region: 'us-east-1',
    namesIn: (stack) => ({
      myFunction: new LambdaFunction(stack, 'Consumer', {
        runtime: Runtime.NODEJS_24_X,
        handler: 'index.handler',
        code: Code.fromInline('exports.handler = async () => {};'),
      }),
    }),
  });
  template.hasResourceProperties('AWS::IAM::Policy', {
    Roles: [{ Ref: Match.stringLikeRegexp('^Consumer') }],
    PolicyDocument: {
      Statement: ['ssm:GetParameter', 'kms:Decrypt', 'lambda:InvokeFunction'].map((Action) =>
        Match.objectLike({ Action }),
      ),
    },
  });
});

test('the example of cdk.json is valid', () => {
  const refreshers = JSON.parse(block('json', 'tokenUrl'));
  expect([...readSettings({ refreshers }).keys()]).toEqual(['spotnana']);
});

test('every npm script that README.md and CONTRIBUTING.md name exists', async () => {
  const contributing = await readFile(join(root, 'CONTRIBUTING.md'), 'utf8');
  const named = [...`${readme}${contributing}`.matchAll(/npm run ([a-z][a-z0-9:-]*[a-z0-9])/g)].map(
    ([, name = '']) => name,
  );
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((name) => !(name in packageJson.scripts))).toEqual([]);
});
