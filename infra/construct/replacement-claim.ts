import { ParameterTier, StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { claimParameterName } from '../../lambda/shared/refresher-environment.ts';

/**
 * The parameter whose version numbers let one run at a time mint. The function could create it too, but then destroying the
 * stack would leave it behind.
 */
export function createReplacementClaim(scope: Construct, parameterName: string): StringParameter {
  return new StringParameter(scope, 'ReplacementClaim', {
    description: `Lets one run at a time mint a token for ${parameterName}`,
    parameterName: claimParameterName(parameterName),
    stringValue: '{}',
    // Without a tier, the account's default decides. `Standard` would fail if the claim is already an advanced parameter.
    tier: ParameterTier.INTELLIGENT_TIERING,
  });
}
