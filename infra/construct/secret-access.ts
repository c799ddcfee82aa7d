import { Stack } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';

/**
 * Allows reading the secret, and decrypting it if its key is known. Unlike `ISecret.grantRead`, it only changes the policy of
 * the grantee. That method changes the key's policy instead: nothing happens to an imported key, and a key of another
 * stack would need the role that this stack creates.
 */
export function grantReadSecret(secret: ISecret, grantee: IGrantable): void {
  Grant.addToPrincipal({
    grantee,
    actions: ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'],
    resourceArns: [secretArnForPolicies(secret)],
  });
  if (secret.encryptionKey !== undefined) grantDecryptSecret(secret, secret.encryptionKey, grantee);
}

/** The secret's complete ARN, or a pattern with the six characters that AWS appends to a partial one. */
export function secretArnForPolicies({ secretFullArn, secretArn }: ISecret): string {
  return secretFullArn ?? `${secretArn}-??????`;
}

/** Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html (encryption context) */
function grantDecryptSecret(secret: ISecret, key: IKey, grantee: IGrantable): void {
  const { region, urlSuffix } = Stack.of(secret);
  const arn = secretArnForPolicies(secret);
  const viaService = { 'kms:ViaService': `secretsmanager.${region}.${urlSuffix}` };
  const forSecret = { 'kms:EncryptionContext:SecretARN': arn };
  Grant.addToPrincipal({
    grantee,
    actions: ['kms:Decrypt'],
    resourceArns: [key.keyArn],
    conditions:
      secret.secretFullArn === undefined
        ? { StringEquals: viaService, StringLike: forSecret }
        : { StringEquals: { ...viaService, ...forSecret } },
  });
}
