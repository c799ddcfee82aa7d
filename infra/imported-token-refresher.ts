import { Arn, ArnFormat, Stack } from 'aws-cdk-lib';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { type IFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { connect, grantRead, grantReport, type ITokenRefresher } from './consumers.ts';

/** What another app's stack puts out under these names. */
export interface TokenRefresherAttributes {
  /** Output `ParameterArn`. */
  readonly parameterArn: string;
  /** Output `EncryptionKeyArn`. */
  readonly encryptionKeyArn: string;
  /**
   * Output `FunctionArn`.
   * @default - tokens that an API refuses cannot be reported, as from another account
   */
  readonly functionArn?: string;
}

/** A refresher that another app deploys, so that its token can be granted here. */
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
