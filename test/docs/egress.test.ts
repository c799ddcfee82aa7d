import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Template } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Code, LayerVersion } from 'aws-cdk-lib/aws-lambda';
import { expect, test } from 'vitest';
import { readSettings } from '../../infra/settings.ts';
import { synthesizeExample } from '../support/document-examples.ts';
import { ACCOUNT, REGION } from '../support/resolve-template.ts';

const DOCUMENT = 'docs/governed-accounts.md';
const page = await readFile(new URL(`../../${DOCUMENT}`, import.meta.url), 'utf8');
const jsonExamples = [...page.matchAll(/(?<=```json\n)[\s\S]*?(?=```)/g)].map(([text]) => JSON.parse(text));

const functionsOf = (template: Template) =>
  Object.values(template.findResources('AWS::Lambda::Function')).map(({ Properties }) => Properties);
const settingsWith = (variable: string) => {
  const example = jsonExamples.find(({ environment = {} }) => variable in environment);
  const app = { tokenUrl: 'https://auth.example.com', parameterName: '/a', ...example };
  return readSettings({ refreshers: { app } }).get('app');
};

test('the example for a proxy sets the variables of the page for both functions', async () => {
  const template = await synthesizeExample(DOCUMENT, 'HTTPS_PROXY', {
    account: ACCOUNT,
    region: REGION,
    namesIn: (stack) => ({ vpc: new Vpc(stack, 'Vpc') }),
  });
  const functions = functionsOf(template);
  expect(functions).toHaveLength(2);
  for (const { Environment } of functions)
    expect(Environment.Variables).toMatchObject(settingsWith('HTTPS_PROXY')?.environment ?? {});
});

test('the example for a private CA names the file in the layer of both functions', async () => {
  const directory = join(tmpdir(), `layer-${randomUUID()}`);
  await mkdir(directory);
  await writeFile(join(directory, 'private-ca.pem'), '');
  const template = await synthesizeExample(DOCUMENT, 'LayerVersion', {
    account: ACCOUNT,
    region: REGION,
    namesIn: () => ({
      LayerVersion,
      Code: { fromAsset: (path: string) => (path === 'private-ca' ? Code.fromAsset(directory) : undefined) },
    }),
  });
  const [file] = await readdir(directory);
  const functions = functionsOf(template);
  expect(functions).toHaveLength(2);
  for (const { Environment, Layers } of functions) {
    expect(Environment.Variables.NODE_EXTRA_CA_CERTS).toBe(`/opt/${file}`);
    expect(Layers).toHaveLength(1);
  }
});

test('the settings for a private CA name the layer and the file that the commands create', () => {
  const { layers = [], environment } = settingsWith('NODE_EXTRA_CA_CERTS') ?? {};
  const [, name] = /--layer-name (\S+)/.exec(page) ?? [];
  const [, file] = /^zip \S+ (\S+)$/m.exec(page) ?? [];
  expect(layers.map((arn) => arn.split(':')[6])).toEqual([name]);
  expect(environment).toEqual({ NODE_EXTRA_CA_CERTS: `/opt/${file}` });
});
