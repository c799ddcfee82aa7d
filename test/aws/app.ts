import { App, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnResourceShare } from 'aws-cdk-lib/aws-ram';
import { readSettings } from '../../infra/settings.ts';
import { RefresherStack } from '../../infra/stack.ts';
import { ENVIRONMENT } from '../../lambda/shared/refresher-environment.ts';
import { addConsumer, addMarker, ConsumerStack } from '../e2e/consumer-stack.ts';

/**
 * Does what `grantReadToAccount` does, but names no other account: the parameter becomes an advanced one, and a resource
 * share contains it.
 */
function shareWithNobody({ refresher }: RefresherStack, share: boolean): void {
  (refresher.function as LambdaFunction).addEnvironment(ENVIRONMENT.parameterTier, 'Advanced');
  if (!share) return;
  new CfnResourceShare(refresher, 'Share', {
    name: Stack.of(refresher).stackName,
    allowExternalPrincipals: false,
    resourceArns: [refresher.parameterArn],
  }).node.addDependency(refresher.node.findChild('FirstToken'));
}

/** A role with every permission in IAM that the key policy does not name. */
function addUninvited(stack: ConsumerStack, { refresher }: RefresherStack, apiUrl: string): void {
  const environment = { API_URL: apiUrl, TOKEN_PARAMETER_NAME: refresher.parameterName };
  const uninvited = addConsumer(stack, 'Uninvited', { environment });
  for (const [action, resource] of [
    ['ssm:GetParameter', refresher.parameterArn],
    ['kms:Decrypt', '*'],
  ] as const) {
    uninvited.addToRolePolicy(new PolicyStatement({ actions: [action], resources: [resource] }));
  }
}

const app = new App();
const apiUrl = String(app.node.getContext('apiUrl'));
const tier: unknown = app.node.tryGetContext('tier');
for (const [name, settings] of readSettings(app.node.getAllContext())) {
  const stack = new RefresherStack(app, `TokenRefresher-${name}`, settings);
  addMarker(stack);
  const environment = { API_URL: apiUrl, TOKEN_PARAMETER_NAME: settings.parameterName };
  stack.refresher.grantRead(addConsumer(stack, 'Neighbour', { environment }));
  if (tier !== undefined) shareWithNobody(stack, tier === 'shared');
  addUninvited(new ConsumerStack(app, `Consumer-${name}`, stack, apiUrl), stack, apiUrl);
}
