import { Stack } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { viaService } from './via-service.ts';

/** The parameter that stores the token, and the key that encrypts it. */
export interface TokenParameter {
  readonly parameterArn: string;
  readonly encryptionKey: IKey;
}

/** Allows the grantee to use the key, but only through Parameter Store and for this parameter. */
export function grantKeyForParameter(
  { encryptionKey, parameterArn }: TokenParameter,
  grantee: IGrantable,
  actions: readonly string[],
): Grant {
  return Grant.addToPrincipal({
    grantee,
    actions: [...actions],
    resourceArns: [encryptionKey.keyArn],
    conditions: viaParameterStore(encryptionKey, parameterArn),
  });
}

/**
 * Limits the use of a key to calls from Parameter Store, for this parameter only. Without `parameterArn`, for any parameter.
 * Source: https://docs.aws.amazon.com/kms/latest/developerguide/services-parameter-store.html
 */
export function viaParameterStore(
  key: IKey,
  parameterArn?: string,
): Record<string, Record<string, string | string[]>> {
  return {
    StringEquals: {
      'kms:ViaService': viaService(Stack.of(key), 'ssm'),
      ...(parameterArn === undefined ? {} : { 'kms:EncryptionContext:PARAMETER_ARN': parameterArn }),
    },
  };
}
