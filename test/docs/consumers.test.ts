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
const text = await readFile(fileURLToPath(new URL(`../../${DOCUMENT}`, import.meta.url)), 'utf8');
const OWNER = '111111111111';
const region = 'us-east-1';

const withFunction = (stack: Stack) => ({
  myFunction: new LambdaFunction(stack, 'Consumer', {
    runtime: Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: Code.fromInline('exports.handler = async () => {};'),
  }),
});
const environmentOf = (template: Template) =>
  Object.values(template.findResources('AWS::Lambda::Function'))[0]?.Properties.Environment.Variables;

test('the example for another app reads by the name and reports', async () => {
  const template = await synthesizeExample(DOCUMENT, 'functionArn', {
    account: OWNER,
    region,
    namesIn: withFunction,
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
    namesIn: (stack) => ({
      refresher: new TokenRefresher(stack, 'Refresher', {
        ...SANDBOX,
        credentials: Secret.fromSecretNameV2(stack, 'Secret', 'spotnana/credentials'),
      }),
    }),
  });
  owner.hasResourceProperties('AWS::RAM::ResourceShare', { Principals: ['222222222222'] });
  const other = await synthesizeExample(DOCUMENT, 'shared.connect', {
    account: '222222222222',
    region,
    namesIn: withFunction,
  });
  expect(environmentOf(other)).toEqual({
    TOKEN_PARAMETER_NAME: `arn:aws:ssm:us-east-1:${OWNER}:parameter/spotnana/access-token`,
  });
  other.hasResourceProperties('AWS::IAM::Policy', {
    PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Action: 'ssm:GetParameter' })]) },
  });
});

test('the table of codes names each, and whether it may pass by itself', () => {
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
