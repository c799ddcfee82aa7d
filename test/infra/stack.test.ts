import { App } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { describe, expect, inject, test } from 'vitest';
import { readSettings } from '../../infra/settings.ts';
import { RefresherStack } from '../../infra/stack.ts';

describe('the stack of a refresher', () => {
  test('has the outputs that users of the token need', () => {
    expect(
      Object.keys(Template.fromJSON({ ...inject('deployable').template }).toJSON().Outputs).sort(),
    ).toEqual([
      'CredentialsSecretArn',
      'EncryptionKeyArn',
      'FunctionArn',
      'FunctionName',
      'NextStep',
      'ParameterArn',
      'ParameterName',
      'PutCredentialsCommand',
    ]);
  });

  test('gives both functions the environment and the layers of the settings', () => {
    const layers = [
      'arn:aws:lambda:us-east-1:000000000000:layer:ca:1',
      'arn:aws:lambda:us-east-1:000000000000:layer:b:2',
    ];
    const environment = { NODE_EXTRA_CA_CERTS: '/opt/private-ca.pem' };
    const entry = {
      tokenUrl: 'https://auth.example.com/token',
      parameterName: '/app/token',
      layers,
      environment,
    };
    const settings = readSettings({ refreshers: { app: entry } }).get('app');
    if (settings === undefined) throw new Error('no settings');
    const template = Template.fromStack(
      new RefresherStack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Test', settings),
    );
    const expected = { Layers: layers, Environment: { Variables: Match.objectLike(environment) } };
    template.resourcePropertiesCountIs('AWS::Lambda::Function', expected, 2);
  });

  test('uses an existing secret and key if the settings name them', () => {
    const entry = {
      tokenUrl: 'https://auth.example.com/token',
      parameterName: '/app/token',
      credentials: 'my/client-secret',
      encryptionKey: 'arn:aws:kms:us-east-1:000000000000:key/k',
    };
    const settings = readSettings({ refreshers: { app: entry } }).get('app');
    if (settings === undefined) throw new Error('no settings');
    const template = Template.fromStack(
      new RefresherStack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Test', settings),
    );
    template.hasResourceProperties('AWS::Lambda::Function', {
      // Not a partial ARN: AWS would mistake its last hyphen and six letters for the suffix of a complete ARN.
      Environment: { Variables: Match.objectLike({ CREDENTIALS_SECRET_ID: 'my/client-secret' }) },
    });
    expect(Object.keys(template.toJSON().Outputs)).not.toContain('NextStep');
    template.resourceCountIs('AWS::SecretsManager::Secret', 0);
    template.resourceCountIs('AWS::KMS::Key', 0);
  });

  test('names the fields of the secret in the outputs that say how to store it', () => {
    const properties = { tokenUrl: 'https://auth.example.com/token', parameterName: '/app/token' };
    const entry = { ...properties, credentialFields: { client_secret: 'password' } };
    const settings = readSettings({ refreshers: { app: entry } }).get('app');
    if (settings === undefined) throw new Error('no settings');
    const { Outputs } = Template.fromStack(
      new RefresherStack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Test', settings),
    ).toJSON();
    expect(Outputs.NextStep.Value).toContain('write {"client_id": "...", "password": "..."} to');
    expect(Outputs.PutCredentialsCommand.Description).toContain('{"client_id": "…", "password": "…"}');
  });

  describe.for([
    ['without readers', {}, true],
    ['with an empty list of readers', { readers: [] }, true],
    ['with readers', { readers: ['*'] }, false],
    [
      'with a key whose own policy decides',
      { encryptionKey: 'arn:aws:kms:us-east-1:000000000000:key/k' },
      false,
    ],
  ] as const)('%s', ([, entry, warns]) => {
    test(`${warns ? 'says' : 'does not say'} that nobody can read the token, and which line to add`, () => {
      const properties = { tokenUrl: 'https://auth.example.com/token', parameterName: '/app/token' };
      const settings = readSettings({ refreshers: { app: { ...properties, ...entry } } }).get('app');
      if (settings === undefined) throw new Error('no settings');
      const stack = new RefresherStack(
        new App({ context: { 'aws:cdk:bundling-stacks': [] } }),
        'Test',
        settings,
      );
      const line = Match.stringLikeRegexp('Nobody can read the token.*"readers": \\["\\*"\\]');
      expect(Annotations.fromStack(stack).findWarning('*', line)).toHaveLength(warns ? 1 : 0);
      expect(Object.keys(Template.fromStack(stack).findOutputs('Readers'))).toHaveLength(warns ? 1 : 0);
    });
  });
});
