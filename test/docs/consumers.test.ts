import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Stack } from 'aws-cdk-lib';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { expect, test } from 'vitest';
import { TokenRefresher } from '../../infra/construct/token-refresher.ts';
import { TOKEN_UNAVAILABLE_CODES, TokenUnavailableError } from '../../lambda/reader/token-reader.ts';
import { SANDBOX } from '../../local/synthesize.ts';
import { synthesizeExample } from '../support/document-examples.ts';

const DOCUMENT = 'docs/consumers.md';
const fromDocument = (path: string) =>
  fileURLToPath(new URL(path, new URL(`../../${DOCUMENT}`, import.meta.url)));
const text = await readFile(fromDocument('consumers.md'), 'utf8');
const OWNER = '111111111111';
const region = 'us-east-1';

const block = (language: string): string =>
  new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'm').exec(text)?.[1] ?? '';
const newRefresher = (stack: Stack) => ({
  refresher: new TokenRefresher(stack, 'Refresher', {
    ...SANDBOX,
    credentials: Secret.fromSecretNameV2(stack, 'Secret', 'spotnana/credentials'),
  }),
});
const newFunction = (stack: Stack) => ({
  myFunction: new LambdaFunction(stack, 'Consumer', {
    runtime: Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: Code.fromInline('exports.handler = async () => {};'),
  }),
});
const environmentOf = (template: Template) =>
  Object.values(template.findResources('AWS::Lambda::Function'))[0]?.Properties.Environment.Variables;

test('the first example is the function in examples/reader.ts, which a test runs', async () => {
  const example = await readFile(fromDocument('../examples/reader.ts'), 'utf8');
  expect(block('ts')).toBe(example.replaceAll(/^ *\/\/.*\n/gm, ''));
});

test('the example for another app reads by name and reports', async () => {
  const template = await synthesizeExample(DOCUMENT, 'functionArn', {
    account: OWNER,
    region,
    namesIn: newFunction,
  });
  expect(environmentOf(template)).toEqual({
    TOKEN_PARAMETER_NAME: '/spotnana/access-token',
    TOKEN_REFRESHER_FUNCTION_NAME: `arn:aws:lambda:us-east-1:${OWNER}:function:refresher`,
  });
});

test('the examples for another account share the token and read it by its ARN', async () => {
  const owner = await synthesizeExample(DOCUMENT, 'grantReadToAccount', {
    account: OWNER,
    region,
    namesIn: newRefresher,
  });
  owner.hasResourceProperties('AWS::RAM::ResourceShare', { Principals: ['222222222222'] });
  const other = await synthesizeExample(DOCUMENT, 'shared.connect', {
    account: '222222222222',
    region,
    namesIn: newFunction,
  });
  expect(environmentOf(other)).toEqual({
    TOKEN_PARAMETER_NAME: `arn:aws:ssm:us-east-1:${OWNER}:parameter/spotnana/access-token`,
  });
  other.hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: 'ssm:GetParameter' })]) },
  });
});

test('the statements for a role outside CDK are the ones that grantRead adds', async () => {
  const template = await synthesizeExample(DOCUMENT, 'functionArn', {
    account: OWNER,
    region,
    namesIn: newFunction,
  });
  const [policy] = Object.values(template.findResources('AWS::IAM::Policy'));
  const granted = JSON.stringify(policy?.Properties.PolicyDocument.Statement)
    .replaceAll(`arn:aws:ssm:${region}:${OWNER}:parameter/spotnana/access-token`, '<ParameterArn>')
    .replaceAll(/arn:aws:kms:[^"]*/g, '<EncryptionKeyArn>')
    .replaceAll(`ssm.${region}.amazonaws.com`, 'ssm.<region>.amazonaws.com');
  const [read, decrypt, report, ...others] = JSON.parse(granted);
  expect([read, decrypt]).toEqual(JSON.parse(block('json')));
  expect(report).toMatchObject({ Action: 'lambda:InvokeFunction' });
  expect(others).toEqual([]);
});

test('the table of codes names each code, and whether it is retryable', () => {
  const rows = [...text.matchAll(/^\| `([A-Z_]+)` \| (yes|no) \|/gm)].map(([, code, retryable]) => [
    code,
    retryable,
  ]);
  expect(rows).toEqual(
    TOKEN_UNAVAILABLE_CODES.map((code) => [
      code,
      new TokenUnavailableError({ code, text: '' }).retryable ? 'yes' : 'no',
    ]),
  );
});

test('each linked file exists', async () => {
  const links = [...text.matchAll(/\]\((?!https:)([^)#]+)/g)].map(([, file = '']) => file);
  expect(links.length).toBeGreaterThan(6);
  await Promise.all(links.map((file) => readFile(fromDocument(file))));
});
