import { Annotations, type CustomResource } from 'aws-cdk-lib';
import { AccountPrincipal, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnResourceShare } from 'aws-cdk-lib/aws-ram';
import type { Construct } from 'constructs';
import { ENVIRONMENT } from '../../lambda/shared/refresher-environment.ts';
import { viaParameterStore } from './encryption-key.ts';
import type { ITokenRefresher } from './grants.ts';

/**
 * Shares the parameter with another account through AWS RAM, and allows that account to decrypt it. RAM's default
 * permission covers the current value, not the history. Only advanced parameters can be shared.
 * Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-shared-parameters.html
 */
export function shareWithAccount(
  refresher: Construct & ITokenRefresher,
  refresherFunction: LambdaFunction,
  firstToken: CustomResource,
  accountId: string,
): void {
  if (!/^\d{12}$/.test(accountId))
    throw new Error(`grantReadToAccount: the account id must be 12 digits; got "${accountId}"`);
  if (refresher.node.tryFindChild(`Share${accountId}`) !== undefined) return;
  refresherFunction.addEnvironment(ENVIRONMENT.parameterTier, 'Advanced');
  const share = new CfnResourceShare(refresher, `Share${accountId}`, {
    name: `${refresher.node.id}-${accountId}`,
    principals: [accountId],
    resourceArns: [refresher.parameterArn],
  });
  // Only an existing, advanced parameter can be shared.
  share.node.addDependency(firstToken);
  const { statementAdded } = refresher.encryptionKey.addToResourcePolicy(
    new PolicyStatement({
      principals: [new AccountPrincipal(accountId)],
      actions: ['kms:Decrypt'],
      resources: ['*'],
      conditions: viaParameterStore(refresher.encryptionKey, refresher.parameterArn),
    }),
  );
  if (!statementAdded) {
    Annotations.of(refresher).addWarningV2(
      'token-refresher:share-key',
      `This app cannot change the policy of ${refresher.encryptionKey.keyArn}. In that policy, allow account ${accountId} kms:Decrypt.`,
    );
  }
}
