import { Arn, ArnFormat, Stack } from 'aws-cdk-lib';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { type IKey, Key } from 'aws-cdk-lib/aws-kms';
import { type IFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { connect, grantRead, grantReport, type ITokenRefresher } from './grants.ts';
import { problemLine } from './problem-line.ts';
import { keyProblem } from './property-rules.ts';

/** The attributes of a `TokenRefresher` that another app deploys. Stacks of this repository have them as outputs. */
export interface TokenRefresherAttributes {
  /** Its `parameterArn`; output `ParameterArn`. */
  readonly parameterArn: string;
  /** The ARN of its `encryptionKey`; output `EncryptionKeyArn`. */
  readonly encryptionKeyArn: string;
  /**
   * The ARN of its `function`; output `FunctionArn`. Leave it out if the refresher is in another account.
   * @default - rejected tokens cannot be reported
   */
  readonly functionArn?: string;
}

/**
 * A refresher that another app deploys. This app can grant its token but cannot change its key policy. In the same account,
 * the `readers` of the other app must therefore name each grantee.
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
    // The name is enough only in the same account. If the account is unknown, use the ARN.
    this.parameterName = account === Stack.of(this).account ? `/${resourceName}` : parameterArn;
    this.parameterArn = parameterArn;
    this.encryptionKey = Key.fromKeyArn(this, 'EncryptionKey', encryptionKeyArn);
    const problem = keyProblem(this.encryptionKey);
    if (problem !== undefined) {
      throw new Error(
        problemLine(
          'fromTokenRefresherAttributes.encryptionKeyArn',
          'encryptionKeyArn',
          encryptionKeyArn,
          problem,
        ),
      );
    }
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
