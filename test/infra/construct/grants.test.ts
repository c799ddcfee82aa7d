import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { Group, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { describe, expect, test } from 'vitest';
import type { ITokenRefresher } from '../../../infra/construct/grants.ts';
import { TokenRefresher, type TokenRefresherProps } from '../../../infra/construct/token-refresher.ts';

const ACCOUNT = '111111111111';
const PARAMETER_ARN = `arn:aws:ssm:eu-west-1:${ACCOUNT}:parameter/app/token`;
const KEY_ARN = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/k`;
const FUNCTION_ARN = `arn:aws:lambda:eu-west-1:${ACCOUNT}:function:refresher`;

const newApp = () => new App({ context: { 'aws:cdk:bundling-stacks': [] } });
const newRefresher = (stack: Stack, props: Partial<TokenRefresherProps> = {}) =>
  new TokenRefresher(stack, 'Refresher', {
    tokenUrl: 'https://auth.example.com/token',
    parameterName: '/app/token',
    ...props,
  });
const withSecret = (stack: Stack) => ({
  credentials: Secret.fromSecretNameV2(stack, 'Secret', 'app/credentials'),
});
const newConsumer = (stack: Stack, id = 'Consumer') =>
  new LambdaFunction(stack, id, {
    runtime: Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: Code.fromInline('exports.handler = async () => {};'),
  });

const statementsOf = (template: Template, role: string) =>
  Object.values(template.findResources('AWS::IAM::Policy'))
    .filter(({ Properties }) => JSON.stringify(Properties.Roles).includes(`"${role}`))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement);

/** What the role may do, as `action on resource`. */
const allowedTo = (template: Template, role: string): string[] =>
  statementsOf(template, role)
    .map(({ Action, Resource }) => `${Action} on ${JSON.stringify(Resource)}`)
    .sort();

describe('grantRead', () => {
  test('allows reading the parameter and decrypting it through Parameter Store, nothing else', () => {
    const stack = new Stack(newApp(), 'Test');
    const refresher = newRefresher(stack);
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
            'kms:ViaService': [
              { 'Fn::Join': ['', ['ssm.', { Ref: 'AWS::Region' }, '.amazonaws.com']] },
              { 'Fn::Join': ['', ['ssm.', { Ref: 'AWS::Region' }, '.', { Ref: 'AWS::URLSuffix' }]] },
            ],
            'kms:EncryptionContext:PARAMETER_ARN': parameterArn,
          },
        },
      },
    ]);
  });

  test.for([
    ['a group', (stack: Stack) => new Group(stack, 'Group')],
    ['an imported group', (stack: Stack) => Group.fromGroupName(stack, 'Group', 'developers')],
    ['a service', () => new ServicePrincipal('lambda.amazonaws.com')],
  ] as const)('refuses %s, which a key policy cannot name', ([, grantee]) => {
    const stack = new Stack(newApp(), 'Test');
    const refresher = newRefresher(stack, { readers: ['arn:aws:iam::111111111111:role/x'] });
    expect(() => refresher.grantRead(grantee(stack))).toThrow(/neither a role nor a user/);
  });
});

describe('grantReport', () => {
  test('allows invoking the refresher, but not its versions', () => {
    const stack = new Stack(newApp(), 'Test');
    const role = new Role(stack, 'Reporter', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    newRefresher(stack).grantReport(role);
    expect(allowedTo(Template.fromStack(stack), 'Reporter')).toEqual([
      expect.stringMatching(/^lambda:InvokeFunction on \{"Fn::GetAtt":\["RefresherFunction\w+","Arn"\]\}$/),
    ]);
  });
});

describe('connect', () => {
  test('grants reading and reporting, and sets the environment of the reader', () => {
    const stack = new Stack(newApp(), 'Test');
    newRefresher(stack).connect(newConsumer(stack));
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: {
          TOKEN_PARAMETER_NAME: '/app/token',
          TOKEN_REFRESHER_FUNCTION_NAME: Match.objectLike({ 'Fn::GetAtt': Match.anyValue() }),
        },
      },
      Handler: 'index.handler',
      Runtime: 'nodejs24.x',
    });
    expect(allowedTo(template, 'ConsumerServiceRole').map((line) => line.split(' ')[0])).toEqual([
      'kms:Decrypt',
      'lambda:InvokeFunction',
      'ssm:GetParameter',
    ]);
  });

  test('works for a function in another stack of the app', () => {
    const app = newApp();
    const consumers = new Stack(app, 'Consumers');
    newRefresher(new Stack(app, 'Test')).connect(newConsumer(consumers));
    expect(allowedTo(Template.fromStack(consumers), 'ConsumerServiceRole')).toEqual([
      expect.stringMatching(/^kms:Decrypt on \{"Fn::ImportValue"/),
      expect.stringMatching(/^lambda:InvokeFunction on \{"Fn::ImportValue"/),
      expect.stringMatching(/^ssm:GetParameter on .*:parameter\/app\/token/),
    ]);
  });

  test.for([
    [
      { account: '222222222222', region: 'eu-west-1' },
      /grantReadToAccount\('222222222222'\).*fromTokenRefresherAttributes/,
    ],
    [{ account: ACCOUNT, region: 'eu-west-2' }, /is in eu-west-2, the refresher in eu-west-1/],
  ] as const)('refuses a function in %j and names the alternative', ([env, message]) => {
    const app = newApp();
    const refresher = newRefresher(
      new Stack(app, 'Test', { env: { account: ACCOUNT, region: 'eu-west-1' } }),
    );
    expect(() => refresher.connect(newConsumer(new Stack(app, 'Consumers', { env })))).toThrow(message);
  });

  test('refuses a second token for the same function', () => {
    const stack = new Stack(newApp(), 'Test');
    const consumer = newConsumer(stack);
    newRefresher(stack).connect(consumer);
    const other = TokenRefresher.fromTokenRefresherAttributes(stack, 'Other', {
      parameterArn: PARAMETER_ARN,
      encryptionKeyArn: KEY_ARN,
    });
    expect(() => other.connect(consumer)).toThrow(/already connected to Test\/Refresher.*grantRead/);
  });
});

describe('fromTokenRefresherAttributes', () => {
  const importInto = (stack: Stack, functionArn?: string): ITokenRefresher =>
    TokenRefresher.fromTokenRefresherAttributes(stack, 'Imported', {
      parameterArn: PARAMETER_ARN,
      encryptionKeyArn: KEY_ARN,
      ...(functionArn === undefined ? {} : { functionArn }),
    });

  test('grants only the imported token, and uses the parameter name in the same account', () => {
    const stack = new Stack(newApp(), 'Test', { env: { account: ACCOUNT, region: 'eu-west-1' } });
    const imported = importInto(stack, FUNCTION_ARN);
    imported.connect(newConsumer(stack));
    expect(imported.parameterName).toBe('/app/token');
    expect(allowedTo(Template.fromStack(stack), 'ConsumerServiceRole')).toEqual([
      `kms:Decrypt on "${KEY_ARN}"`,
      `lambda:InvokeFunction on "${FUNCTION_ARN}"`,
      `ssm:GetParameter on "${PARAMETER_ARN}"`,
    ]);
  });

  test('uses the parameter ARN in another account, and cannot report without functionArn', () => {
    const stack = new Stack(newApp(), 'Test', { env: { account: '222222222222', region: 'eu-west-1' } });
    const imported = importInto(stack);
    const consumer = newConsumer(stack);
    imported.connect(consumer);
    expect(() => imported.grantReport(consumer)).toThrow(/imported without functionArn/);
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: { TOKEN_PARAMETER_NAME: PARAMETER_ARN } },
    });
    template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Action: 'kms:Decrypt',
            Condition: {
              StringEquals: Match.objectLike({ 'kms:EncryptionContext:PARAMETER_ARN': PARAMETER_ARN }),
            },
          }),
        ]),
      },
    });
  });
});

describe('grantReadToAccount', () => {
  test('shares an advanced parameter after it exists, and allows decrypting it through Parameter Store', () => {
    const stack = new Stack(newApp(), 'Test');
    newRefresher(stack, withSecret(stack)).grantReadToAccount('222222222222');
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: Match.objectLike({ TOKEN_PARAMETER_TIER: 'Advanced' }) },
    });
    template.hasResource('AWS::RAM::ResourceShare', {
      Properties: { Principals: ['222222222222'] },
      DependsOn: [Match.stringLikeRegexp('^RefresherFirstToken')],
    });
    template.hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Action: 'kms:Decrypt',
            Principal: {
              AWS: { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::222222222222:root']] },
            },
            Condition: {
              StringEquals: {
                'kms:ViaService': Match.anyValue(),
                'kms:EncryptionContext:PARAMETER_ARN': Match.anyValue(),
              },
            },
          }),
        ]),
      },
    });
  });

  test('shares once with an account even if called twice', () => {
    const stack = new Stack(newApp(), 'Test');
    const refresher = newRefresher(stack, withSecret(stack));
    for (const account of ['222222222222', '222222222222', '333333333333']) {
      refresher.grantReadToAccount(account);
    }
    Template.fromStack(stack).resourceCountIs('AWS::RAM::ResourceShare', 2);
  });

  test('warns that the policy of an imported key needs a change', () => {
    const stack = new Stack(newApp(), 'Test');
    const encryptionKey = Key.fromKeyArn(stack, 'Key', KEY_ARN);
    newRefresher(stack, { ...withSecret(stack), encryptionKey }).grantReadToAccount('222222222222');
    Annotations.fromStack(stack).hasWarning('*', Match.stringLikeRegexp('account 222222222222'));
  });

  test.for([
    ['an invalid account id', '1234', true, /12 digits; got "1234"/],
    ['a refresher without credentials', '222222222222', false, /credentials is not set/],
  ] as const)('refuses %s', ([, accountId, hasSecret, message]) => {
    const stack = new Stack(newApp(), 'Test');
    const refresher = newRefresher(stack, hasSecret ? withSecret(stack) : {});
    expect(() => refresher.grantReadToAccount(accountId)).toThrow(message);
  });
});
