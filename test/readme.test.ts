import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { App, type aws_lambda, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readSettings, SETTING_NAMES } from '../infra/settings.ts';
import { startAwsEndpoint } from '../local/cloud/endpoint.ts';
import packageJson from '../package.json' with { type: 'json' };
import { awsClients } from './support/client.ts';
import { confidential } from './support/confidential.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Inside the repository, so that the examples find the installed packages. */
const scratch = join(root, '.local', `readme-${randomUUID()}`);
const readme = await readFile(join(root, 'README.md'), 'utf8');

const blocks = (language: string): string[] =>
  [...readme.matchAll(/^( *)```(\w+)\n([\s\S]*?)^ *```$/gm)]
    .filter(([, , found]) => found === language)
    .map(([, indent = '', , text = '']) => text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''));
const block = (language: string, containing: string): string => {
  const found = blocks(language).find((text) => text.includes(containing));
  if (found === undefined) throw new Error(`README.md has no ${language} block with ${containing}`);
  return found;
};
/** The first two cells of each row of the table under the header that begins so. */
const table = (header: string): [string, string][] => {
  const rows =
    readme
      .slice(readme.indexOf(`| ${header} |`))
      .split('\n\n')[0]
      ?.split('\n')
      .slice(2) ?? [];
  return rows.map((row) => {
    const [, first = '', second = ''] = row.split('|').map((cell) => cell.trim().replaceAll('`', ''));
    return [first, second];
  });
};

beforeAll(() => mkdir(scratch, { recursive: true }));
afterAll(() => rm(scratch, { recursive: true, force: true }));

test('the TypeScript example reads the token', async () => {
  const endpoint = await startAwsEndpoint();
  const { ssm } = awsClients(endpoint.url);
  const token = confidential(`readme-token-${randomUUID()}`);
  const parameter = { Name: '/spotnana/access-token', Type: 'SecureString' } as const;
  await ssm.send(new PutParameterCommand({ ...parameter, Value: JSON.stringify({ access_token: token }) }));
  const example = join(scratch, 'read-token.ts');
  const use = `process.exitCode = (await readToken()) === process.env.EXPECTED ? 0 : 1;\n`;
  await writeFile(example, `${block('ts', 'readToken')}\n${use}`);

  await promisify(execFile)(process.execPath, [example], {
    env: {
      AWS_ENDPOINT_URL: endpoint.url,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      EXPECTED: token,
    },
  });
  await endpoint.close();
});

test('the construct example grants what the policy for any other role says', async () => {
  const example = join(scratch, 'construct.ts');
  const body = block('ts', 'new TokenRefresher').replaceAll('this', 'stack');
  await writeFile(
    example,
    `import { TokenRefresher } from '${pathToFileURL(join(root, 'infra/token-refresher.ts')).pathname}';
export function run(stack: any, myFunction: any) {\n${body}\n}\n`,
  );
  const stack = new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Readme');
  const role = new Role(stack, 'Reader', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  const { run } = (await import(example)) as {
    run: (stack: Stack, fn: Partial<aws_lambda.IFunction>) => void;
  };
  run(stack, { grantPrincipal: role });

  const policies = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy'));
  const granted = policies.find(({ Properties }) =>
    /^\[\{"Ref":"Reader/.test(JSON.stringify(Properties.Roles)),
  );
  const readable = JSON.stringify(granted?.Properties.PolicyDocument.Statement)
    .replaceAll(
      /\{"Fn::Join":\["",\["arn:"[^\]]*:parameter\/spotnana\/access-token"\]\]\}/g,
      '"<ParameterArn>"',
    )
    .replaceAll(/\{"Fn::GetAtt":\["\w*EncryptionKey\w*","Arn"\]\}/g, '"<EncryptionKeyArn>"')
    .replaceAll(/\{"Fn::Join":\["",\["ssm\."[^\]]*\]\]\}/g, '"ssm.<region>.amazonaws.com"');
  expect(JSON.parse(block('json', 'kms:Decrypt'))).toEqual(JSON.parse(readable));
});

test('the example of cdk.json is valid', () => {
  const refreshers = JSON.parse(block('json', 'tokenUrl'));
  expect([...readSettings({ refreshers }).keys()]).toEqual(['spotnana']);
});

test('the table of settings names each setting, and its default as it is', () => {
  const rows = table('setting');
  expect(rows.map(([name]) => name)).toEqual(SETTING_NAMES);
  const required = Object.fromEntries(rows.filter(([, byDefault]) => byDefault === 'required'));
  expect(Object.keys(required)).toEqual(['tokenUrl', 'parameterName']);
  const settings = readSettings({
    refreshers: { app: { tokenUrl: 'https://auth.example.com', parameterName: '/a' } },
  }).get('app');
  const defaults = Object.fromEntries(rows);
  expect(settings?.checkEvery.toIsoString()).toBe(defaults.checkEvery);
  expect(settings?.refreshBefore.toIsoString()).toBe(defaults.refreshBefore);
});

test('each npm script that the documentation names is there', async () => {
  const contributing = await readFile(join(root, 'CONTRIBUTING.md'), 'utf8');
  const named = [...`${readme}${contributing}`.matchAll(/npm (?:run )?([a-z:]+[a-z0-9])/g)].map(
    ([, name]) => name,
  );
  const others = ['ci', 'are', 'script'];
  const scripts = named.filter((name) => name !== undefined && !others.includes(name));
  expect(scripts.length).toBeGreaterThan(5);
  expect(scripts.filter((name) => !((name as string) in packageJson.scripts))).toEqual([]);
});
