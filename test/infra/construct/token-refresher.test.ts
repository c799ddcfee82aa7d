import { App, CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Alias, type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { describe, expect, inject, test } from 'vitest';
import { TokenRefresher, type TokenRefresherProps } from '../../../infra/construct/token-refresher.ts';
import { PARAMETER } from '../../support/refresher-stack.ts';
import { ACCOUNT } from '../../support/resolve-template.ts';

const PROPS = { tokenUrl: 'https://auth.example.com/token', parameterName: '/app/token' };
const UNBUNDLED = { 'aws:cdk:bundling-stacks': [] };
const shipped = () => Template.fromJSON({ ...inject('deployable').template });

interface Statement {
  readonly Action: string | string[];
  readonly Resource: unknown;
}
const statementsOf = (template: Template, role: string): Statement[] =>
  Object.values(template.findResources('AWS::IAM::Policy'))
    .filter(({ Properties }) => JSON.stringify(Properties.Roles).includes(role))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement as Statement[]);

describe('the template', () => {
  test('runs the function on Node.js 24 and arm64, with time to back off', () => {
    shipped().hasResourceProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Timeout: 420,
      LoggingConfig: { LogFormat: 'JSON' },
      ReservedConcurrentExecutions: Match.absent(),
    });
  });

  test("passes the function's environment to the first token", () => {
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

  test('removes the parameter after everything that could write it, including permissions', () => {
    const { Resources } = shipped().toJSON() as { Resources: Record<string, { DependsOn?: string[] }> };
    const [removal = ''] = Object.keys(shipped().findResources('Custom::TokenRemoval'));
    // CloudFormation destroys in reverse order of creation.
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

  test.for([
    ['Function', 'TokenRemoval'],
    ['FunctionRoleDefaultPolicy', 'TokenRemoval'],
    ['TokenRemoval', 'TokenRemovalPolicy'],
    ['TokenRemoval', 'EncryptionKey'],
    ['FirstToken', 'FirstTokenPolicy'],
    ['FirstToken', 'Credentials'],
    ['FirstToken', 'Function'],
    ['FirstToken', 'FunctionEventInvokeConfig'],
    ['Schedule', 'ScheduleRole'],
    ['Schedule', 'ScheduleRoleDefaultPolicy'],
    ['Schedule', 'FirstToken'],
    ['TokenExpiring', 'FirstToken'],
    ['RefreshFailing', 'FirstToken'],
    ['DeadLetters', 'FirstToken'],
    ['Throttled', 'FirstToken'],
  ] as const)('creates %s after %s', ([later, earlier]) => {
    const resources: Record<string, { DependsOn?: string[] }> = shipped().toJSON().Resources;
    const isCalled = (name: string) => (id: string) =>
      new RegExp(`^Refresher${name}([0-9a-f]{8})?[0-9A-F]{8}([0-9a-f]{8})?$`).test(id);
    const [id = ''] = Object.keys(resources).filter(isCalled(later));
    expect(resources[id]?.DependsOn?.filter(isCalled(earlier)), id).toHaveLength(1);
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

  test.for([
    ['TokenExpiring', 'one period', { EvaluationPeriods: 1, DatapointsToAlarm: Match.absent() }],
    ['RefreshFailing', 'two failed checks', { EvaluationPeriods: 2, DatapointsToAlarm: Match.absent() }],
    ['DeadLetters', 'two checks', { EvaluationPeriods: 2, DatapointsToAlarm: Match.absent() }],
    ['Throttled', 'two of three checks', { EvaluationPeriods: 3, DatapointsToAlarm: 2 }],
  ] as const)('lets %s fire after %s', ([name, , periods]) => {
    shipped().hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmDescription: Match.stringLikeRegexp(`#${name.toLowerCase()}$`),
      ...periods,
    });
  });

  test('keeps the record of a failed run, and Lambda does not retry it', () => {
    shipped().hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      MaximumRetryAttempts: 0,
      DestinationConfig: { OnFailure: { Destination: Match.anyValue() } },
    });
  });

  test.for([
    ['PT1M', 60],
    ['PT5M', 300],
    ['PT1H', 3_600],
    ['PT6H', 21_600],
    ['PT7H', 21_600],
    ['PT12H', 21_600],
  ] as const)('lets Lambda keep an event with checkEvery %s for at most %i seconds', ([checkEvery, age]) => {
    const stack = new Stack(new App({ context: UNBUNDLED }), 'Test');
    new TokenRefresher(stack, 'Refresher', {
      ...PROPS,
      checkEvery: Duration.parse(checkEvery),
      refreshBefore: Duration.hours(24),
    });
    Template.fromStack(stack).hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      MaximumEventAgeInSeconds: age,
    });
  });

  test('creates an empty secret, a rotated key and logs with a retention period', () => {
    shipped().hasResourceProperties('AWS::SecretsManager::Secret', {
      GenerateSecretString: Match.absent(),
      SecretString: Match.absent(),
    });
    shipped().hasResourceProperties('AWS::KMS::Key', { EnableKeyRotation: true });
    shipped().hasResourceProperties('AWS::Logs::LogGroup', { RetentionInDays: 30 });
  });

  test('retains nothing after the stack is destroyed or its creation fails', () => {
    const resources: Record<string, Record<string, unknown>> = shipped().toJSON().Resources;
    const kept = Object.entries(resources).filter(([, { DeletionPolicy, UpdateReplacePolicy }]) =>
      [DeletionPolicy, UpdateReplacePolicy].some((policy) => String(policy).startsWith('Retain')),
    );
    expect(kept.map(([id]) => id)).toEqual([]);
  });

  test('has no statement for all resources or all actions, except in the key policy', () => {
    const policies = Object.values(
      shipped().toJSON().Resources as Record<string, { Type: string; Properties: unknown }>,
    )
      .filter(({ Type }) => Type !== 'AWS::KMS::Key')
      .map(({ Properties }) => JSON.stringify(Properties));
    expect(policies.filter((text) => /"Resource":(\["\*"\]|"\*")/.test(text))).toEqual([]);
    expect(policies.filter((text) => /"Action":("\*"|\["\*"\])/.test(text))).toEqual([]);
  });

  test('allows the function only what a refresh needs', () => {
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

  test('allows the deployment function only to mint the first token and remove the stored one', () => {
    const actions = statementsOf(shipped(), 'DeploymentFunctionRole').flatMap(({ Action }) => Action);
    expect(actions.sort()).toEqual([
      'kms:Decrypt',
      'lambda:InvokeFunction',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      'secretsmanager:DescribeSecret',
      'ssm:DeleteParameter',
      // Of the token, and of the claim.
      'ssm:GetParameter',
      'ssm:GetParameter',
    ]);
  });

  test('allows the function to write only its parameter and its claim', () => {
    shipped().hasResourceProperties('AWS::SSM::Parameter', {
      Name: '/spotnana/access-token.claim',
      Type: 'String',
      Value: '{}',
      // `Standard` would fail if the account's default has made the claim an advanced parameter.
      Tier: 'Intelligent-Tiering',
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

  test('allows the schedule only to invoke the function and send to the dead-letter queue', () => {
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
});

describe('the construct', () => {
  test.for<[string, Partial<TokenRefresherProps>]>([
    ['tokenUrl', { tokenUrl: 'http://auth.example.com' }],
    ['parameterName', { parameterName: 'token' }],
    ['credentialFields', { credentialFields: { client_id: 'a', client_secret: 'a' } }],
    ['credentialFields', { credentialFields: { client_id: '' } }],
    ['scope', { scope: 'bookings\n' }],
    ['extraParameters', { extraParameters: { client_id: 'x' } }],
    ['refreshBefore', { checkEvery: Duration.hours(1) }],
    ['checkEvery', { checkEvery: Duration.seconds(30) }],
    ['defaultLifetime', { defaultLifetime: Duration.days(31) }],
  ])('refuses an invalid %s', ([name, props]) => {
    const stack = new Stack(new App({ context: UNBUNDLED }), 'Test');
    expect(() => new TokenRefresher(stack, 'Refresher', { ...PROPS, ...props })).toThrow(
      `TokenRefresher.${name}`,
    );
  });

  test('reports all invalid properties at once, each in one line', () => {
    const stack = new Stack(new App({ context: UNBUNDLED }), 'Test');
    const props = {
      ...PROPS,
      parameterName: 'token',
      environment: { TOKEN_URL: 'x', AWS_REGION: 'x' },
      checkEvery: Duration.seconds(90),
      readers: ['*', 'travel'],
    };
    expect(() => new TokenRefresher(stack, 'Refresher', props)).toThrow(
      [
        'TokenRefresher.parameterName: found "token"; it must begin with "/" and contain only letters, digits and _ . - /',
        'TokenRefresher.environment.TOKEN_URL: the refresher sets this variable itself, from its settings. Remove it',
        'TokenRefresher.environment.AWS_REGION: Lambda reserves this variable. Remove it',
        'TokenRefresher.checkEvery: found "PT1M30S"; it must be whole minutes, from PT1M to PT12H',
        'TokenRefresher.readers[1]: found "travel"; it must be the ARN of an IAM role or user, or "*"',
      ].join('\n'),
    );
  });

  describe.for<[string, (stack: Stack) => IKey]>([
    ['Alias.fromAliasName', (stack) => Alias.fromAliasName(stack, 'Key', 'alias/app')],
    ['new Alias', (stack) => new Key(stack, 'Target').addAlias('app')],
    ['Key.fromKeyArn', (stack) => Key.fromKeyArn(stack, 'Key', `arn:aws:kms:us-east-1:${ACCOUNT}:alias/app`)],
  ])('refuses an alias from %s', ([, makeAlias]) => {
    const stack = new Stack(new App({ context: UNBUNDLED }), 'Test');
    const alias = makeAlias(stack);

    test('as the key of the token', () => {
      expect(() => new TokenRefresher(stack, 'Own', { ...PROPS, encryptionKey: alias })).toThrow(
        /^TokenRefresher\.encryptionKey: found "Test\/.*not an alias/,
      );
    });

    test('as the key of the credentials', () => {
      const credentials = new Secret(stack, 'Secret', { encryptionKey: alias }) as ISecret;
      expect(() => new TokenRefresher(stack, 'Secrets', { ...PROPS, credentials })).toThrow(
        /^TokenRefresher\.credentials\.encryptionKey: found .*not an alias/,
      );
    });
  });

  test('refuses an alias as the key of a refresher of another app', () => {
    const stack = new Stack(new App({ context: UNBUNDLED }), 'Test');
    const encryptionKeyArn = `arn:aws:kms:us-east-1:${ACCOUNT}:alias/app`;
    const attributes = { parameterArn: PARAMETER, encryptionKeyArn };
    expect(() => TokenRefresher.fromTokenRefresherAttributes(stack, 'Imported', attributes)).toThrow(
      /^fromTokenRefresherAttributes\.encryptionKeyArn: found "arn:.*not an alias/,
    );
  });

  test('passes the names of the fields to the function, and shows them where the secret is described', () => {
    const stack = new Stack(new App({ context: UNBUNDLED }), 'Test');
    const credentialFields = { client_id: 'consumerKey', client_secret: 'consumerSecret' };
    new TokenRefresher(stack, 'Refresher', { ...PROPS, credentialFields });
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: Match.objectLike({ CREDENTIAL_FIELDS: JSON.stringify(credentialFields) }),
      },
    });
    template.hasResourceProperties('AWS::SecretsManager::Secret', {
      Description: Match.stringLikeRegexp('"consumerKey": "…", "consumerSecret": "…"'),
    });
  });

  test.for<[string, Partial<TokenRefresherProps>, object]>([
    ['defaultLifetime', { defaultLifetime: Duration.hours(2) }, { DEFAULT_LIFETIME_SECONDS: '7200' }],
    ['revokesFormerToken', { revokesFormerToken: true }, { REVOKES_FORMER_TOKEN: 'true' }],
    ['revokesFormerToken', { revokesFormerToken: false }, { REVOKES_FORMER_TOKEN: Match.absent() }],
  ])('gives the function %s %o as %o', ([, props, variables]) => {
    const stack = new Stack(new App({ context: UNBUNDLED }), 'Test');
    new TokenRefresher(stack, 'Refresher', { ...PROPS, ...props });
    Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: Match.objectLike(variables) },
    });
  });

  test('accepts a scope that CloudFormation resolves', () => {
    const stack = new Stack(new App({ context: UNBUNDLED }), 'Test');
    const scope = new CfnParameter(stack, 'Scope').valueAsString;
    new TokenRefresher(stack, 'Refresher', { ...PROPS, scope });
    Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: Match.objectLike({ TOKEN_SCOPE: { Ref: 'Scope' } }) },
    });
  });
});
