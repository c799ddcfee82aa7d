import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readSettings, SETTING_NAMES } from '../../infra/settings.ts';
import packageJson from '../../package.json' with { type: 'json' };

const root = fileURLToPath(new URL('../..', import.meta.url));
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

test('the TypeScript example is the one that test/docs/examples.test.ts runs, but for its comments', async () => {
  const example = await readFile(join(root, 'examples/reader.ts'), 'utf8');
  expect(block('ts', 'createTokenReader')).toBe(example.replaceAll(/^ *\/\/.*\n/gm, ''));
});

test('the construct example grants what the policy for any other role says, and reporting', async () => {
  const example = join(scratch, 'construct.ts');
  const body = block('ts', 'new TokenRefresher')
    .replaceAll('this', 'stack')
    .replaceAll(/^import .*$/gm, '');
  await writeFile(
    example,
    `import { TokenRefresher } from '${join(root, 'infra/construct/token-refresher.ts')}';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
export function run(stack, myFunction) {\n${body}\n}\n`,
  );
  const stack = new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Readme');
  const consumer = new LambdaFunction(stack, 'Consumer', {
    runtime: Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: Code.fromInline('exports.handler = async () => {};'),
  });
  const { run } = (await import(example)) as { run: (stack: Stack, fn: LambdaFunction) => void };
  run(stack, consumer);

  const policies = Object.values(Template.fromStack(stack).findResources('AWS::IAM::Policy'));
  const granted = policies.find(({ Properties }) => JSON.stringify(Properties.Roles).includes('"Consumer'));
  const readable = JSON.stringify(granted?.Properties.PolicyDocument.Statement)
    .replaceAll(
      /\{"Fn::Join":\["",\["arn:"[^\]]*:parameter\/spotnana\/access-token"\]\]\}/g,
      '"<ParameterArn>"',
    )
    .replaceAll(/\{"Fn::GetAtt":\["\w*EncryptionKey\w*","Arn"\]\}/g, '"<EncryptionKeyArn>"')
    .replaceAll(/\{"Fn::Join":\["",\["ssm\."[^\]]*\]\]\}/g, '"ssm.<region>.amazonaws.com"');
  const [read, decrypt, report, ...others] = JSON.parse(readable);
  expect([read, decrypt]).toEqual(JSON.parse(block('json', 'kms:Decrypt')));
  expect(report).toMatchObject({ Action: 'lambda:InvokeFunction' });
  expect(others).toEqual([]);
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

test('each linked file is there', async () => {
  const links = [...readme.matchAll(/\]\(([^)#:]+)\)/g)].map(([, file = '']) => file);
  expect(links.length).toBeGreaterThan(8);
  await Promise.all(links.map((file) => readFile(join(root, file))));
});

test('each npm script that the documentation names is there', async () => {
  const contributing = await readFile(join(root, 'CONTRIBUTING.md'), 'utf8');
  const named = [...`${readme}${contributing}`.matchAll(/npm (?:run )?([a-z][a-z0-9:-]*[a-z0-9])/g)].map(
    ([, name]) => name,
  );
  const others = ['ci', 'are', 'script', 'install', 'pack'];
  const scripts = named.filter((name) => name !== undefined && !others.includes(name));
  expect(scripts.length).toBeGreaterThan(5);
  expect(scripts.filter((name) => !((name as string) in packageJson.scripts))).toEqual([]);
});
