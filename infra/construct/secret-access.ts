import { Stack } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { viaService } from './via-service.ts';

/**
 * Allows the grantee to read the secret, and to decrypt it if the secret's key is known. Only the grantee's policy changes.
 * `ISecret.grantRead` would change the key's policy instead. For an imported key, that has no effect. For a key of another
 * stack, it creates a cyclic reference.
 */
export function grantReadSecret(secret: ISecret, grantee: IGrantable): void {
  Grant.addToPrincipal({
    grantee,
    actions: ['secretsmanager:GetSecretValue', 'secretsmanager:DescribeSecret'],
    resourceArns: [secretArnForPolicies(secret)],
  });
  if (secret.encryptionKey !== undefined) grantDecryptSecret(secret, secret.encryptionKey, grantee);
}

/** The secret's complete ARN. If only a partial one is known, a pattern that also matches AWS's six-character suffix. */
export function secretArnForPolicies({ secretFullArn, secretArn }: ISecret): string {
  return secretFullArn ?? `${secretArn}-??????`;
}

/** Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html (encryption context) */
function grantDecryptSecret(secret: ISecret, key: IKey, grantee: IGrantable): void {
  const arn = secretArnForPolicies(secret);
  const viaSecretsManager = { 'kms:ViaService': viaService(Stack.of(secret), 'secretsmanager') };
  const forSecret = { 'kms:EncryptionContext:SecretARN': arn };
  Grant.addToPrincipal({
    grantee,
    actions: ['kms:Decrypt'],
    resourceArns: [key.keyArn],
    conditions:
      secret.secretFullArn === undefined
        ? { StringEquals: viaSecretsManager, StringLike: forSecret }
        : { StringEquals: { ...viaSecretsManager, ...forSecret } },
  });
}
