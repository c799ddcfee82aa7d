import { App, CfnWaitConditionHandle, NestedStack, Stack, Tags, Token } from 'aws-cdk-lib';
import { type IVpc, SecurityGroup, SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import { Role, User } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import {
  type ISecret,
  Secret,
  type SecretAttributes,
  type SecretProps,
} from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { TokenRefresher, type TokenRefresherProps } from '../../infra/construct/token-refresher.ts';
import { LAMBDA, newRefresher, REQUIRED } from './refresher-stack.ts';
import { ACCOUNT, REGION } from './resolve-template.ts';

const arn = (service: string, resource: string, account = ACCOUNT) =>
  `arn:aws:${service}:${service === 'iam' ? '' : REGION}:${account}:${resource}`;
const KEY_ARN = arn('kms', 'key/1b2c3d4e-5f60-4718-92a3-b4c5d6e7f809');
const PARTIAL = { secretPartialArn: arn('secretsmanager', 'secret:app/credentials') };
const COMPLETE = { secretCompleteArn: `${PARTIAL.secretPartialArn}-AbCdEf` };

const newSecret = (owner: Stack, props?: SecretProps) => new Secret(owner, 'Secret', props) as ISecret;
const importedSecret = (owner: Stack, attributes: SecretAttributes) =>
  Secret.fromSecretAttributes(owner, 'Secret', attributes);
const newKey = (owner: Stack) => new Key(owner, 'Key');
const importedKey = (owner: Stack) => Key.fromKeyArn(owner, 'ImportedKey', KEY_ARN);
const newVpc = (owner: Stack) => new Vpc(owner, 'Vpc', { maxAzs: 2, natGateways: 1 }) as IVpc;
const importedVpc = (owner: Stack): IVpc =>
  Vpc.fromVpcAttributes(owner, 'Vpc', {
    vpcId: 'vpc-0123456789abcdef0',
    availabilityZones: [`${REGION}a`],
    privateSubnetIds: ['subnet-0123456789abcdef0'],
  });
const newGroup = (owner: Stack, vpc: IVpc) => new SecurityGroup(owner, 'Group', { vpc });
const inVpc = (vpc: IVpc, more: (vpc: IVpc) => Partial<TokenRefresherProps> = () => ({})) => ({
  vpc,
  ...more(vpc),
});
const newRole = (owner: Stack, roleName?: string) =>
  new Role(owner, 'ConsumerRole', { assumedBy: LAMBDA, ...(roleName === undefined ? {} : { roleName }) });
const REFRESHER_ROLE = arn('iam', 'role/teams/travel/refresher');
const refresherRole = (owner: Stack) => new Role(owner, 'RefresherRole', { assumedBy: LAMBDA });
const newFunction = (owner: Stack, role?: Role) =>
  new LambdaFunction(owner, 'Consumer', {
    runtime: Runtime.NODEJS_24_X,
    handler: 'index.handler',
    code: Code.fromInline('exports.handler = async () => {};'),
    ...(role === undefined ? {} : { role }),
  });
const withOneKey = (encryptionKey: Key, owner: Stack) => ({
  encryptionKey,
  credentials: newSecret(owner, { encryptionKey }),
});
const importedRole = (owner: Stack) => Role.fromRoleArn(owner, 'ConsumerRole', arn('iam', 'role/consumer'));
const importedRefresher = (owner: Stack, refresher: TokenRefresher) =>
  TokenRefresher.fromTokenRefresherAttributes(owner, 'Imported', {
    parameterArn: refresher.parameterArn,
    encryptionKeyArn: refresher.encryptionKey.keyArn,
    functionArn: refresher.function.functionArn,
  });
/** For the same account and region as the other stack. */
const thirdStack = (app: App, { account, region }: Stack) =>
  new Stack(app, 'Third', Token.isUnresolved(account) ? {} : { env: { account, region } });

/**
 * What the refresher is given, and what its consumers are given of it. `owner` is the stack that creates or imports the
 * construct which the name of the case mentions.
 */
type Case = readonly [
  name: string,
  propsFor?: ((owner: Stack, app: App) => Partial<TokenRefresherProps>) | undefined,
  use?: (refresher: TokenRefresher, owner: Stack) => void,
];

const CASES: readonly Case[] = [
  ['no construct'],
  ['credentials: a secret', (owner) => ({ credentials: newSecret(owner) })],
  [
    'credentials: a secret with a name',
    (owner) => ({ credentials: newSecret(owner, { secretName: 'app/credentials' }) }),
  ],
  [
    'credentials: a secret under a key',
    (owner) => ({ credentials: newSecret(owner, { encryptionKey: newKey(owner) }) }),
  ],
  [
    'credentials: a secret under a key of a third stack',
    (owner, app) => ({ credentials: newSecret(owner, { encryptionKey: newKey(thirdStack(app, owner)) }) }),
  ],
  [
    'credentials: a secret under an imported key',
    (owner) => ({ credentials: newSecret(owner, { encryptionKey: importedKey(owner) }) }),
  ],
  [
    'credentials: by name',
    (owner) => ({ credentials: Secret.fromSecretNameV2(owner, 'Secret', 'app/credentials') }),
  ],
  ['credentials: by partial ARN', (owner) => ({ credentials: importedSecret(owner, PARTIAL) })],
  ['credentials: by complete ARN', (owner) => ({ credentials: importedSecret(owner, COMPLETE) })],
  [
    'credentials: by the ARN of a secret of the app',
    (owner) => ({
      credentials: importedSecret(owner, { secretCompleteArn: new Secret(owner, 'Owned').secretArn }),
    }),
  ],
  [
    'credentials: by partial ARN, under a key',
    (owner) => ({ credentials: importedSecret(owner, { ...PARTIAL, encryptionKey: newKey(owner) }) }),
  ],
  [
    'credentials: by partial ARN, under an imported key',
    (owner) => ({ credentials: importedSecret(owner, { ...PARTIAL, encryptionKey: importedKey(owner) }) }),
  ],
  [
    'credentials: by complete ARN, under a key',
    (owner) => ({ credentials: importedSecret(owner, { ...COMPLETE, encryptionKey: newKey(owner) }) }),
  ],
  [
    'credentials: by complete ARN, under an imported key',
    (owner) => ({ credentials: importedSecret(owner, { ...COMPLETE, encryptionKey: importedKey(owner) }) }),
  ],
  ['encryptionKey: a key', (owner) => ({ encryptionKey: newKey(owner) })],
  ['encryptionKey: by ARN', (owner) => ({ encryptionKey: importedKey(owner) })],
  [
    'encryptionKey and credentials: a key, and a secret under it',
    (owner) => withOneKey(newKey(owner), owner),
  ],
  ['notificationTopic: a topic', (owner) => ({ notificationTopic: new Topic(owner, 'Topic') })],
  [
    'notificationTopic: a topic under a key',
    (owner) => ({ notificationTopic: new Topic(owner, 'Topic', { masterKey: newKey(owner) }) }),
  ],
  [
    'notificationTopic: by ARN',
    (owner) => ({ notificationTopic: Topic.fromTopicArn(owner, 'Topic', arn('sns', 'alarms')) }),
  ],
  ['vpc: a VPC', (owner) => inVpc(newVpc(owner))],
  ['vpc: by its attributes', (owner) => inVpc(importedVpc(owner))],
  [
    'vpcSubnets: by type',
    (owner) => inVpc(newVpc(owner), () => ({ vpcSubnets: { subnetType: SubnetType.PRIVATE_WITH_EGRESS } })),
  ],
  [
    'vpcSubnets: subnets',
    (owner) => inVpc(newVpc(owner), ({ privateSubnets }) => ({ vpcSubnets: { subnets: privateSubnets } })),
  ],
  [
    'securityGroups: a group',
    (owner) => inVpc(newVpc(owner), (vpc) => ({ securityGroups: [newGroup(owner, vpc)] })),
  ],
  [
    'securityGroups: by id',
    (owner) =>
      inVpc(importedVpc(owner), () => ({
        securityGroups: [SecurityGroup.fromSecurityGroupId(owner, 'Group', 'sg-0123456789abcdef0')],
      })),
  ],
  ['role: a role', (owner) => ({ role: refresherRole(owner) })],
  [
    'role: a role with policies of its own',
    (owner) => {
      const role = refresherRole(owner);
      new Topic(owner, 'Topic').grantPublish(role);
      return { role };
    },
  ],
  ['role: by ARN', (owner) => ({ role: Role.fromRoleArn(owner, 'RefresherRole', REFRESHER_ROLE) })],
  [
    'role: by ARN, immutable',
    (owner) => ({ role: Role.fromRoleArn(owner, 'RefresherRole', REFRESHER_ROLE, { mutable: false }) }),
  ],
  ['role: by name', (owner) => ({ role: Role.fromRoleName(owner, 'RefresherRole', 'refresher') })],
  [
    'role: by name, immutable',
    (owner) => ({ role: Role.fromRoleName(owner, 'RefresherRole', 'refresher', { mutable: false }) }),
  ],
  ['role and vpc: a role, and a VPC', (owner) => ({ ...inVpc(newVpc(owner)), role: refresherRole(owner) })],
  [
    'role: a role that two refreshers share',
    (owner) => ({ role: refresherRole(owner) }),
    (refresher) => {
      const { role } = refresher.function;
      if (role === undefined) throw new Error('the refresher has no role');
      const parameterName = '/other/token';
      new TokenRefresher(Stack.of(refresher), 'Other', { ...REQUIRED, parameterName, role });
    },
  ],
  [
    'tags: the ARN of a topic',
    undefined,
    (refresher, owner) => Tags.of(refresher).add('alarms', new Topic(owner, 'Topic').topicArn),
  ],
  ['readers: the ARN of a role', (owner) => ({ readers: [newRole(owner).roleArn] })],
  [
    'extraParameters: the ARN of a topic',
    (owner) => ({ extraParameters: { audience: new Topic(owner, 'Topic').topicArn } }),
  ],
  ['grantRead: a role', undefined, (refresher, owner) => refresher.grantRead(newRole(owner))],
  [
    'grantRead: a role with a name',
    undefined,
    (refresher, owner) => refresher.grantRead(newRole(owner, 'consumer')),
  ],
  ['grantRead: a user', undefined, (refresher, owner) => refresher.grantRead(new User(owner, 'Consumer'))],
  ['grantRead: a function', undefined, (refresher, owner) => refresher.grantRead(newFunction(owner))],
  [
    'grantRead: a role by name',
    undefined,
    (refresher, owner) => refresher.grantRead(Role.fromRoleName(owner, 'Consumer', 'consumer')),
  ],
  ['grantRead: a role by ARN', undefined, (refresher, owner) => refresher.grantRead(importedRole(owner))],
  [
    'grantRead: a user by ARN',
    undefined,
    (refresher, owner) =>
      refresher.grantRead(User.fromUserArn(owner, 'Consumer', arn('iam', 'user/consumer'))),
  ],
  [
    'grantRead: a function by ARN',
    undefined,
    (refresher, owner) =>
      refresher.grantRead(
        LambdaFunction.fromFunctionArn(owner, 'Consumer', arn('lambda', 'function:consumer')),
      ),
  ],
  [
    'grantRead: a role beside the key',
    (owner) => ({ encryptionKey: newKey(owner) }),
    (refresher, owner) => refresher.grantRead(newRole(owner)),
  ],
  ['grantReport: a role', undefined, (refresher, owner) => refresher.grantReport(newRole(owner))],
  ['grantReport: a role by ARN', undefined, (refresher, owner) => refresher.grantReport(importedRole(owner))],
  ['connect: a function', undefined, (refresher, owner) => refresher.connect(newFunction(owner))],
  [
    'connect: a function and its own role',
    undefined,
    (refresher, owner) => refresher.connect(newFunction(owner, newRole(owner))),
  ],
  [
    'connect: a function, by way of fromTokenRefresherAttributes',
    undefined,
    (refresher, owner) => importedRefresher(owner, refresher).connect(newFunction(owner)),
  ],
  [
    'grantReadToAccount: with a secret',
    (owner) => ({ credentials: newSecret(owner) }),
    (refresher) => refresher.grantReadToAccount('222222222222'),
  ],
  [
    'grantReadToAccount: with a key',
    (owner) => withOneKey(newKey(owner), owner),
    (refresher) => refresher.grantReadToAccount('222222222222'),
  ],
];

/** Which stack holds the refresher, and which one the construct that it is given. */
const OWNERS: Readonly<Record<string, (app: App) => { readonly home: Stack; readonly owner: Stack }>> = {
  'the same stack': (app) => {
    const home = new Stack(app, 'Home');
    return { home, owner: home };
  },
  'another stack': (app) => ({ home: new Stack(app, 'Home'), owner: new Stack(app, 'Owner') }),
  'another stack of a given account and region': (app) => {
    const env = { account: ACCOUNT, region: REGION };
    return { home: new Stack(app, 'Home', { env }), owner: new Stack(app, 'Owner', { env }) };
  },
  'a nested stack': (app) => {
    const home = new Stack(app, 'Home');
    return { home, owner: new NestedStack(home, 'Owner') };
  },
  'the parent of its nested stack': (app) => {
    const owner = new Stack(app, 'Owner');
    return { home: new NestedStack(owner, 'Home'), owner };
  },
};

/** With the metadata that says which template belongs to a nested stack, as the CDK CLI asks for it. */
const CONTEXT = { 'aws:cdk:bundling-stacks': [], 'aws:cdk:enable-asset-metadata': true };

/** An app with one refresher. */
export interface ReferenceVariant {
  /** The case, and the owner of its construct. */
  readonly name: string;
  /** Writes the templates to the directory. */
  readonly synthesize: (outdir: string) => void;
}

export const REFERENCE_VARIANTS: readonly ReferenceVariant[] = Object.entries(OWNERS).flatMap(
  ([ownerName, stacksIn]) =>
    CASES.map(([name, propsFor, use]) => ({
      name: `${name}, of ${ownerName}`,
      synthesize: (outdir) => {
        const app = new App({ outdir, context: CONTEXT });
        const { home, owner } = stacksIn(app);
        // CloudFormation rejects a stack without resources.
        if (owner !== home) new CfnWaitConditionHandle(owner, 'Resource');
        const refresher = newRefresher(home, propsFor?.(owner, app));
        use?.(refresher, owner);
        app.synth();
      },
    })),
);
