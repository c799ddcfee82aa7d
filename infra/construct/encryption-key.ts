import { Stack } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';

/** Allows use of the key through Parameter Store and for this parameter's encryption context alone. */
export function grantKeyForParameter(
  key: IKey,
  parameterArn: string,
  grantee: IGrantable,
  actions: readonly string[],
): Grant {
  return Grant.addToPrincipal({
    grantee,
    actions: [...actions],
    resourceArns: [key.keyArn],
    conditions: viaParameterStore(key, parameterArn),
  });
}

/**
 * The conditions under which the key may be used: in a call that Parameter Store makes, for this parameter, or for any
 * where none is given.
 * Source: https://docs.aws.amazon.com/kms/latest/developerguide/services-parameter-store.html
 */
export function viaParameterStore(key: IKey, parameterArn?: string): Record<string, Record<string, string>> {
  const { region, urlSuffix } = Stack.of(key);
  return {
    StringEquals: {
      'kms:ViaService': `ssm.${region}.${urlSuffix}`,
      ...(parameterArn === undefined ? {} : { 'kms:EncryptionContext:PARAMETER_ARN': parameterArn }),
    },
  };
}
