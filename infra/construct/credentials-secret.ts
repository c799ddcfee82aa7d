import { RemovalPolicy, Token } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { type CfnSecret, type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { type CredentialFields, credentialsShape } from '../../lambda/shared/credential-fields.ts';
import { acknowledge } from './acknowledge.ts';

/** A secret without a value. The credentials are stored in it afterwards, so they never pass through CloudFormation. */
export function createEmptySecret(scope: Construct, fields: CredentialFields): ISecret {
  const secret = new Secret(scope, 'Credentials', {
    description: `OAuth 2.0 client credentials: ${credentialsShape(fields)}`,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  // The L2 construct always generates a password, which the function would report as invalid credentials.
  (secret.node.defaultChild as CfnSecret).addPropertyDeletionOverride('GenerateSecretString');
  const rotation =
    'The authorization server issues the credentials, so Secrets Manager cannot rotate them. After a manual rotation, the next check uses the new ones.';
  acknowledge(secret, {
    'AwsSolutions-SMG4': rotation,
    'NIST.800.53.R5-SecretsManagerRotationEnabled': rotation,
    'NIST.800.53.R5-SecretsManagerUsingKMSKey':
      'With the AWS managed key, IAM alone decides who may store the credentials, which the stack cannot know. To use another key, set the property credentials.',
  });
  return secret as ISecret;
}

/** Imports a secret by its name or its complete ARN. `keyArn` is the ARN of its customer-managed key. */
export function importSecret(scope: Construct, nameOrArn: string, keyArn: string | undefined): ISecret {
  const secret =
    Token.isUnresolved(nameOrArn) || nameOrArn.startsWith('arn:')
      ? Secret.fromSecretCompleteArn(scope, 'Credentials', nameOrArn)
      : Secret.fromSecretNameV2(scope, 'Credentials', nameOrArn);
  if (keyArn === undefined) return secret;
  // CDK accepts the key of an imported secret only together with an ARN.
  return Object.assign(secret, { encryptionKey: Key.fromKeyArn(scope, 'CredentialsKey', keyArn) });
}

/**
 * The complete ARN of the secret, or its name if only that is known. Never a partial ARN: AWS mistakes the last hyphen and
 * six letters of a name for the suffix of a complete ARN.
 */
export function secretId(secret: ISecret): string {
  return secret.secretFullArn ?? secret.secretName;
}
