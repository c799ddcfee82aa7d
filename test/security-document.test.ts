import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deployedStack } from './support/deployed-stack.ts';
import { ACCOUNT, REGION } from './support/resolve-template.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Inside the repository, so that the examples find the installed packages. */
const scratch = join(root, '.local', `security-${randomUUID()}`);
const document = await readFile(join(root, 'SECURITY.md'), 'utf8');
const examples = [...document.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code);

beforeAll(() => mkdir(scratch, { recursive: true }));
afterAll(() => rm(scratch, { recursive: true, force: true }));

/** Runs the example that holds this text in a stack, with `names` for what it takes from around it. */
const synthesize = async (containing: string, namesIn: (stack: Stack) => Record<string, unknown>) => {
  const example = examples.find((code) => code.includes(containing));
  if (example === undefined) throw new Error(`SECURITY.md has no example with ${containing}`);
  const stack = new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Security', {
    env: { account: ACCOUNT, region: REGION },
  });
  const names = namesIn(stack);
  const file = join(scratch, `${randomUUID()}.ts`);
  const construct = pathToFileURL(join(root, 'infra/token-refresher.ts')).pathname;
  await writeFile(
    file,
    `import { SubnetType } from 'aws-cdk-lib/aws-ec2';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { TokenRefresher } from '${construct}';
export function run(stack: any, { ${Object.keys(names).join(', ')} }: any) {
${example.replaceAll('this', 'stack')}
}
`,
  );
  const { run } = (await import(file)) as { run: (stack: Stack, names: Record<string, unknown>) => void };
  run(stack, names);
  return Template.fromStack(stack);
};

test('the example for a VPC puts both functions into its private subnets', async () => {
  const template = await synthesize('vpcSubnets', (stack) => ({ vpc: new Vpc(stack, 'Vpc') }));
  const functions = Object.values(template.findResources('AWS::Lambda::Function'));
  expect(functions.map(({ Properties }) => JSON.stringify(Properties.VpcConfig.SubnetIds))).toEqual([
    expect.stringMatching(/VpcPrivate/),
    expect.stringMatching(/VpcPrivate/),
  ]);
});

test("the example for keys of one's own lets the refresher use each for its purpose alone", async () => {
  const template = await synthesize('secretKey', (stack) => ({
    tokenKey: new Key(stack, 'TokenKey'),
    secretKey: new Key(stack, 'SecretKey'),
  }));
  const stack = deployedStack(template.toJSON().Resources);
  const principal = stack.arn('AWS::IAM::Role', /SpotnanaFunctionRole/);
  const parameter = `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter/spotnana/access-token`;
  const throughSsm = {
    'kms:ViaService': `ssm.${REGION}.amazonaws.com`,
    'kms:EncryptionContext:PARAMETER_ARN': parameter,
  };
  const throughSecretsManager = { 'kms:ViaService': `secretsmanager.${REGION}.amazonaws.com` };
  const mayDecrypt = (key: RegExp, context: Record<string, string>) =>
    stack.allows({ principal, action: 'kms:Decrypt', resource: stack.arn('AWS::KMS::Key', key), context });
  expect(mayDecrypt(/^TokenKey/, throughSsm)).toBe(true);
  expect(mayDecrypt(/^TokenKey/, throughSecretsManager)).toBe(false);
  expect(mayDecrypt(/^SecretKey/, throughSecretsManager)).toBe(true);
  expect(mayDecrypt(/^SecretKey/, throughSsm)).toBe(false);
  expect(Object.keys(template.findResources('AWS::SecretsManager::Secret'))).toEqual([]);
});
