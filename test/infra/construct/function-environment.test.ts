import { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { LayerVersion } from 'aws-cdk-lib/aws-lambda';
import { describe, expect, test } from 'vitest';
import type { TokenRefresherProps } from '../../../infra/construct/token-refresher.ts';
import { readConfiguration } from '../../../lambda/refresher/configuration.ts';
import { sourceFingerprint } from '../../../lambda/refresher/source-fingerprint.ts';
import { ENVIRONMENT } from '../../../lambda/shared/refresher-environment.ts';
import { newApp, newRefresher } from '../../support/refresher-stack.ts';

const synthesize = (props: (stack: Stack) => Partial<TokenRefresherProps> = () => ({})) => {
  const stack = new Stack(newApp(), 'Test');
  newRefresher(stack, props(stack));
  return Template.fromStack(stack);
};
const withEnvironment = (environment: Record<string, string>) => synthesize(() => ({ environment }));
const layer = (version: number) => (stack: Stack) => {
  const arn = `arn:aws:lambda:us-east-1:111111111111:layer:ca:${version}`;
  return { layers: [LayerVersion.fromLayerVersionArn(stack, 'Ca', arn)] };
};

const functionsOf = (template: Template) =>
  Object.values(template.findResources('AWS::Lambda::Function')).map(({ Properties }) => Properties);
const variablesOf = (template: Template): Record<string, unknown>[] =>
  functionsOf(template).map(({ Environment }) => Environment.Variables);
const firstTokenId = (template: Template) => Object.keys(template.findResources('Custom::FirstToken'))[0];

describe('an additional environment variable', () => {
  const own = new Set([...Object.values(ENVIRONMENT), ...variablesOf(synthesize()).flatMap(Object.keys)]);
  const lambda = [
    'AWS_REGION',
    'AWS_SECRET_ACCESS_KEY',
    'AWS_SESSION_TOKEN',
    'AWS_LAMBDA_FUNCTION_NAME',
    '_HANDLER',
  ];
  const unsafe = [
    'NODE_TLS_REJECT_UNAUTHORIZED',
    'AWS_ENDPOINT_URL',
    'POWERTOOLS_DEV',
    'POWERTOOLS_METRICS_DISABLED',
  ];
  const malformed = ['', 'A', '1A', 'HTTPS-PROXY', 'A B'];

  test.for<[string, RegExp]>([
    ...[...own].map((name): [string, RegExp] => [name, /the refresher sets this variable itself/]),
    ...lambda.map((name): [string, RegExp] => [name, /Lambda reserves this variable/]),
    ...unsafe.map((name): [string, RegExp] => [name, /: this variable turns off|: this variable makes/]),
    ...malformed.map((name): [string, RegExp] => [name, /the name must begin with a letter/]),
  ])('is refused if its name is "%s", without its value', ([name, message]) => {
    const act = () => withEnvironment({ [name]: 'the-value' });
    expect(act).toThrow(message);
    expect(act).toThrow(/^TokenRefresher\.environment\W/);
    expect(act).not.toThrow(/the-value/);
  });

  test.for([
    'NODE_USE_ENV_PROXY',
    'HTTPS_PROXY',
    'https_proxy',
    'NO_PROXY',
    'NODE_EXTRA_CA_CERTS',
    'NODE_OPTIONS',
    'AWS_ENDPOINT_URL_SSM',
    'AWS_USE_FIPS_ENDPOINT',
    'AWS_LAMBDA_EXEC_WRAPPER',
    'POWERTOOLS_LOG_LEVEL',
    'TZ',
    'toString',
  ])('may be named %s, and both functions get it', (name) => {
    for (const variables of variablesOf(withEnvironment({ [name]: 'x' }))) expect(variables[name]).toBe('x');
  });

  test('leaves the source of the token unchanged, so the stored token stays', () => {
    const fingerprintOf = (template: Template) => {
      const variables = variablesOf(template).find((found) => ENVIRONMENT.tokenUrl in found);
      const known = Object.entries(variables ?? {}).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : 'a-resource',
      ]);
      return sourceFingerprint(readConfiguration(Object.fromEntries(known)), 'version-1');
    };
    expect(fingerprintOf(withEnvironment({ HTTPS_PROXY: 'http://proxy.example.com' }))).toBe(
      fingerprintOf(synthesize()),
    );
  });
});

describe('a deployment runs a check', () => {
  const none = firstTokenId(synthesize());

  test.for<[string, () => Template]>([
    ['environment', () => withEnvironment({ HTTPS_PROXY: 'http://proxy.example.com' })],
    ['layers', () => synthesize(layer(1))],
  ])('if %s is set', ([, changed]) => {
    expect(firstTokenId(changed())).not.toBe(none);
  });

  test('if the version of a layer changes', () => {
    expect(firstTokenId(synthesize(layer(2)))).not.toBe(firstTokenId(synthesize(layer(1))));
  });
});

test('both functions get the layers', () => {
  for (const { Layers } of functionsOf(synthesize(layer(1))))
    expect(Layers).toEqual(['arn:aws:lambda:us-east-1:111111111111:layer:ca:1']);
});
