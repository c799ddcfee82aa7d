import { Arn, ArnFormat, Stack } from 'aws-cdk-lib';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { type IFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { connect, grantRead, grantReport, type ITokenRefresher } from './grants.ts';

/** Of the `TokenRefresher` that another app deploys; this repository's stacks put them out, under the names given here. */
export interface TokenRefresherAttributes {
  /** Its `parameterArn`. Output `ParameterArn`. */
  readonly parameterArn: string;
  /** The ARN of its `encryptionKey`. Output `EncryptionKeyArn`. */
  readonly encryptionKeyArn: string;
  /**
   * The ARN of its `function`. Output `FunctionArn`.
   * @default - tokens that an API refuses cannot be reported, as from another account
   */
  readonly functionArn?: string;
}

/**
 * A refresher that another app deploys, so that its token can be granted here. Its key policy is that app's to change: within
 * its account, its `readers` have to name whoever is given the token here.
 */
export class ImportedTokenRefresher extends Construct implements ITokenRefresher {
  readonly parameterName: string;
  readonly parameterArn: string;
  readonly encryptionKey: IKey;
  readonly function: IFunction | undefined;

  constructor(scope: Construct, id: string, attributes: TokenRefresherAttributes) {
    super(scope, id);
    const { parameterArn, encryptionKeyArn, functionArn } = attributes;
    const { account, resourceName } = Arn.split(parameterArn, ArnFormat.SLASH_RESOURCE_NAME);
    // In another account, or where that is not known yet, only the ARN finds the parameter.
    this.parameterName = account === Stack.of(this).account ? `/${resourceName}` : parameterArn;
    this.parameterArn = parameterArn;
    this.encryptionKey = Key.fromKeyArn(this, 'EncryptionKey', encryptionKeyArn);
    this.function =
      functionArn === undefined ? undefined : LambdaFunction.fromFunctionArn(this, 'Function', functionArn);
  }

  grantRead(grantee: IGrantable): Grant {
    return grantRead(this, grantee);
  }

  grantReport(grantee: IGrantable): Grant {
    return grantReport(this, grantee);
  }

  connect(consumer: LambdaFunction): void {
    connect(this, consumer);
  }
}
