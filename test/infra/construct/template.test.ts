import { App, CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { describe, expect, inject, test } from 'vitest';
import { TokenRefresher, type TokenRefresherProps } from '../../../infra/construct/token-refresher.ts';
import { readSettings } from '../../../infra/settings.ts';
import { RefresherStack } from '../../../infra/stack.ts';

const PROPS = { tokenUrl: 'https://auth.example.com/token', parameterName: '/app/token' };
const UNBUNDLED = { 'aws:cdk:bundling-stacks': [] };
const shipped = () => Template.fromJSON({ ...inject('deployable').template });

interface Statement {
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}
const statementsOf = (template: Template, role: string): Statement[] =>
  Object.values(template.findResources('AWS::IAM::Policy'))
    .filter(({ Properties }) => JSON.stringify(Properties.Roles).includes(role))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement as Statement[]);

describe('the template', () => {
  test('runs the bundle on Node 24 and arm64, with time to back off', () => {
    shipped().hasResourceProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Timeout: 60,
      LoggingConfig: { LogFormat: 'JSON' },
      ReservedConcurrentExecutions: Match.absent(),
    });
  });

  test("tells the first token the function's environment as the function has it", () => {
    const [{ Properties }] = Object.values(shipped().findResources('Custom::FirstToken')) as [
      { Properties: { Environment: unknown } },
    ];
    const environments = Object.values(shipped().findResources('AWS::Lambda::Function')).map(
      (fn) => fn.Properties.Environment,
    );
    expect(Properties.Environment).toEqual({
      Variables: expect.objectContaining({ TOKEN_URL: expect.any(String) }),
    });
    expect(environments).toContainEqual(Properties.Environment);
  });

  test('removes the parameter when nothing that could write it is left, permissions included', () => {
    const { Resources } = shipped().toJSON() as { Resources: Record<string, { DependsOn?: string[] }> };
    const [removal = ''] = Object.keys(shipped().findResources('Custom::TokenRemoval'));
    // CloudFormation destroys in the opposite order of creation.
    const createdBefore = (id: string): string[] => {
      const names = Object.keys(Resources).filter((name) => name !== id);
      const mentioned = JSON.stringify(Resources[id]);
      return names.filter((name) => mentioned.includes(`"${name}"`));
    };
    const isCreatedAfterRemoval = (id: string): boolean =>
      createdBefore(id).some((name) => name === removal || isCreatedAfterRemoval(name));
    const writers = Object.entries(Resources).filter(
      ([id, resource]) =>
        id !== removal && /"ssm:PutParameter"|"TOKEN_URL"|"rate\(/.test(JSON.stringify(resource)),
    );
    expect(writers.map(([id]) => id.replace(/[0-9A-F]{8}.*$/, '')).sort()).toEqual([
      'RefresherFirstToken',
      'RefresherFunction',
      'RefresherFunctionRoleDefaultPolicy',
      'RefresherSchedule',
    ]);
    for (const [id] of writers) expect(isCreatedAfterRemoval(id), id).toBe(true);
  });

  test('sends {} every five minutes from a schedule with a dead-letter queue', () => {
    shipped().hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: 'rate(5 minutes)',
      State: 'ENABLED',
      Target: {
        Input: '{}',
        DeadLetterConfig: { Arn: Match.anyValue() },
        RetryPolicy: { MaximumEventAgeInSeconds: 300 },
      },
    });
  });

  test('does not let Lambda repeat a failed run, and keeps its record', () => {
    shipped().hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnFailure: { Destination: Match.anyValue() } },
    });
  });

  test('makes an empty secret, a rotated key and logs that do not stay forever', () => {
    shipped().hasResourceProperties('AWS::SecretsManager::Secret', {
      GenerateSecretString: Match.absent(),
      SecretString: Match.absent(),
    });
    shipped().hasResourceProperties('AWS::KMS::Key', { EnableKeyRotation: true });
    shipped().hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 30 });
  });

  test('leaves nothing behind, neither when it is destroyed nor when its creation fails', () => {
    const resources: Record<string, Record<string, unknown>> = shipped().toJSON().Resources;
    const kept = Object.entries(resources).filter(([, { DeletionPolicy, UpdateReplacePolicy }]) =>
      [DeletionPolicy, UpdateReplacePolicy].some((policy) => String(policy).startsWith('Retain')),
    );
    expect(kept.map(([id]) => id)).toEqual([]);
  });

  test('allows nothing on every resource, but for the key policy, which AWS forces', () => {
    const policies = Object.values(
      shipped().toJSON().Resources as Record<string, { Type: string; Properties: unknown }>,
    )
      .filter(({ Type }) => Type !== 'AWS::KMS::Key')
      .map(({ Properties }) => JSON.stringify(Properties));
    expect(policies.filter((text) => /"Resource":(\["\*"\]|"\*")/.test(text))).toEqual([]);
    expect(policies.filter((text) => /"Action":("\*"|\["\*"\])/.test(text))).toEqual([]);
  });

  test('lets the function do exactly what a refresh takes', () => {
    const actions = statementsOf(shipped(), '"RefresherFunctionRole').flatMap(({ Action }) => Action);
    expect(actions.sort()).toEqual([
      'kms:Decrypt',
      'kms:Encrypt',
      'kms:GenerateDataKey',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      'secretsmanager:DescribeSecret',
      'secretsmanager:GetSecretValue',
      'sqs:SendMessage',
      'ssm:GetParameter',
      'ssm:PutParameter',
    ]);
  });

  test('lets the deployment function mint the first token, remove the last one, and nothing else', () => {
    const actions = statementsOf(shipped(), 'DeploymentFunctionRole').flatMap(({ Action }) => Action);
    expect(actions.sort()).toEqual([
      'kms:Decrypt',
      'lambda:InvokeFunction',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      'secretsmanager:DescribeSecret',
      'ssm:DeleteParameter',
      'ssm:GetParameter',
    ]);
  });

  test('lets the function write its parameter and the claim to replace a rejected token, no other', () => {
    shipped().hasResourceProperties('AWS::SSM::Parameter', {
      Name: '/spotnana/access-token.claim',
      Type: 'String',
      Value: '{}',
    });
    const written = statementsOf(shipped(), 'RefresherFunctionRole').filter(({ Action }) =>
      [Action].flat().includes('ssm:PutParameter'),
    );
    expect(written).toHaveLength(1);
    expect(written[0]?.Resource).toEqual([
      { 'Fn::Join': ['', expect.arrayContaining([':parameter/spotnana/access-token'])] },
      {
        'Fn::Join': [
          '',
          expect.arrayContaining([':parameter', { Ref: expect.stringMatching(/ReplacementClaim/) }]),
        ],
      },
    ]);
  });

  test('lets the schedule invoke the function and nothing else', () => {
    const actions = statementsOf(shipped(), 'ScheduleRole').flatMap(({ Action }) => Action);
    expect(actions.sort()).toEqual(['lambda:InvokeFunction', 'sqs:SendMessage']);
    shipped().hasResourceProperties('AWS::IAM::Role', {
      AssumeRolePolicyDocument: {
        Statement: [
          Match.objectLike({
            Principal: { Service: 'scheduler.amazonaws.com' },
            Condition: {
              StringEquals: { 'aws:SourceAccount': Match.anyValue(), 'aws:SourceArn': Match.anyValue() },
            },
          }),
        ],
      },
    });
  });

  test('tells its users the names that they need', () => {
    expect(Object.keys(shipped().toJSON().Outputs).sort()).toEqual([
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

  test('uses what exists where the settings name it', () => {
    const entry = {
      ...PROPS,
      credentials: 'my/client-secret',
      encryptionKey: 'arn:aws:kms:us-east-1:000000000000:key/k',
    };
    const settings = readSettings({ refreshers: { app: entry } }).get('app');
    if (settings === undefined) throw new Error('no settings');
    const template = Template.fromStack(
      new RefresherStack(new App({ context: UNBUNDLED }), 'Test', settings),
    );
    template.hasResourceProperties('AWS::Lambda::Function', {
      // The name, since AWS takes the last hyphen and six letters of a partial ARN for the end of a complete one.
      Environment: { Variables: Match.objectLike({ CREDENTIALS_SECRET_ID: 'my/client-secret' }) },
    });
    expect(Object.keys(template.toJSON().Outputs)).not.toContain('NextStep');
    template.resourceCountIs('AWS::SecretsManager::Secret', 0);
    template.resourceCountIs('AWS::KMS::Key', 0);
  });
});

describe('grantRead', () => {
  test('allows the one parameter and its decryption through SSM, nothing else', () => {
    const stack = new Stack(new App({ context: UNBUNDLED }), 'Test');
    const refresher = new TokenRefresher(stack, 'Refresher', PROPS);
    const reader = new Role(stack, 'Reader', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    refresher.grantRead(reader);
    const parameterArn = {
      'Fn::Join': [
        '',
        [
          'arn:',
          { Ref: 'AWS::Partition' },
          ':ssm:',
          { Ref: 'AWS::Region' },
          ':',
          { Ref: 'AWS::AccountId' },
          ':parameter/app/token',
        ],
      ],
    };
    expect(statementsOf(Template.fromStack(stack), 'Reader')).toEqual([
      { Effect: 'Allow', Action: 'ssm:GetParameter', Resource: parameterArn },
      {
        Effect: 'Allow',
        Action: 'kms:Decrypt',
        Resource: { 'Fn::GetAtt': [expect.stringContaining('EncryptionKey'), 'Arn'] },
        Condition: {
          StringEquals: {
            'kms:ViaService': {
              'Fn::Join': ['', ['ssm.', { Ref: 'AWS::Region' }, '.', { Ref: 'AWS::URLSuffix' }]],
            },
            'kms:EncryptionContext:PARAMETER_ARN': parameterArn,
          },
        },
      },
    ]);
  });
});

describe('the construct', () => {
  test.for<[string, Partial<TokenRefresherProps>]>([
    ['tokenUrl', { tokenUrl: 'http://auth.example.com' }],
    ['parameterName', { parameterName: 'token' }],
    ['scope', { scope: 'bookings\n' }],
    ['extraParameters', { extraParameters: { client_id: 'x' } }],
    ['refreshBefore', { checkEvery: Duration.hours(1) }],
    ['checkEvery', { checkEvery: Duration.seconds(30) }],
  ])('refuses a %s out of its bounds', ([name, props]) => {
    const stack = new Stack(new App({ context: UNBUNDLED }), 'Test');
    expect(() => new TokenRefresher(stack, 'Refresher', { ...PROPS, ...props })).toThrow(
      `TokenRefresher: ${name}`,
    );
  });

  test('takes a scope that CloudFormation knows later', () => {
    const stack = new Stack(new App({ context: UNBUNDLED }), 'Test');
    const scope = new CfnParameter(stack, 'Scope').valueAsString;
    new TokenRefresher(stack, 'Refresher', { ...PROPS, scope });
    Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: Match.objectLike({ TOKEN_SCOPE: { Ref: 'Scope' } }) },
    });
  });
});
