import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { TokenRefresher, type TokenRefresherProps } from '../../infra/construct/token-refresher.ts';
import { type DeployedStack, deployedStack } from './deployed-stack.ts';
import type { Statement } from './policy-evaluation.ts';
import { ACCOUNT, REGION } from './resolve-template.ts';

export const REQUIRED = { tokenUrl: 'https://auth.example.com/token', parameterName: '/app/token' };
export const LAMBDA = new ServicePrincipal('lambda.amazonaws.com');
export const PARAMETER = `arn:aws:ssm:${REGION}:${ACCOUNT}:parameter${REQUIRED.parameterName}`;

/** An app that does not bundle the functions. */
export const newApp = () => new App({ context: { 'aws:cdk:bundling-stacks': [] } });

export const newRefresher = (stack: Stack, props: Partial<TokenRefresherProps> = {}) =>
  new TokenRefresher(stack, 'Refresher', { ...REQUIRED, ...props });

export const deploy = (stack: Stack): DeployedStack =>
  deployedStack(Template.fromStack(stack).toJSON().Resources);

/** A refresher with a role `Reader` that may read the token and a role `Reporter` that may report it. */
export function deployRefresher(props: Partial<TokenRefresherProps> = {}): DeployedStack {
  const stack = new Stack(newApp(), 'Test');
  const refresher = newRefresher(stack, props);
  refresher.grantRead(new Role(stack, 'Reader', { assumedBy: LAMBDA }));
  refresher.grantReport(new Role(stack, 'Reporter', { assumedBy: LAMBDA }));
  return deploy(stack);
}

export const roleArn = (name: string) => `arn:aws:iam::${ACCOUNT}:role/${name}`;

/** Broad policies that other roles of the account may have. */
export const EVERYTHING: readonly Statement[] = [{ Effect: 'Allow', Action: '*', Resource: '*' }];
export const POWER_USER: readonly Statement[] = [
  { Effect: 'Allow', NotAction: ['iam:*', 'organizations:*', 'account:*'], Resource: '*' },
];

/** The statement with which a key policy leaves the decision to the IAM policies of the account. */
export const DELEGATES_TO_IAM: Statement = {
  Effect: 'Allow',
  Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
  Action: 'kms:*',
  Resource: '*',
};

/** The context of a KMS call that Parameter Store makes for a parameter. */
export const viaSsm = (parameterArn: string) => ({
  'kms:ViaService': `ssm.${REGION}.amazonaws.com`,
  'kms:EncryptionContext:PARAMETER_ARN': parameterArn,
});
