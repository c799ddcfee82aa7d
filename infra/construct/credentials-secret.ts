import { RemovalPolicy, Token } from 'aws-cdk-lib';
import { type CfnSecret, type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';

/** A secret without a value: the credentials never pass through CloudFormation. They are put into it afterwards. */
export function createEmptySecret(scope: Construct): Secret {
  const secret = new Secret(scope, 'Credentials', {
    description: 'OAuth 2.0 client credentials: {"client_id": "…", "client_secret": "…"}',
    removalPolicy: RemovalPolicy.DESTROY,
  });
  // The L2 construct always asks for a generated password, which the function would take for broken credentials.
  (secret.node.defaultChild as CfnSecret).addPropertyDeletionOverride('GenerateSecretString');
  const rotation =
    'The authorization server issues the credentials, and Secrets Manager cannot make it issue others. The next check takes up what is put.';
  acknowledge(secret, {
    'AwsSolutions-SMG4': rotation,
    'NIST.800.53.R5-SecretsManagerRotationEnabled': rotation,
    'NIST.800.53.R5-SecretsManagerUsingKMSKey':
      "Secrets Manager's own key leaves it to IAM who puts the credentials, whom the stack cannot know. Who wants another key passes a secret.",
  });
  return secret;
}

/** An existing secret, by its name or its complete ARN. */
export function importSecret(scope: Construct, nameOrArn: string): ISecret {
  if (Token.isUnresolved(nameOrArn) || nameOrArn.startsWith('arn:')) {
    return Secret.fromSecretCompleteArn(scope, 'Credentials', nameOrArn);
  }
  return Secret.fromSecretNameV2(scope, 'Credentials', nameOrArn);
}

/** What finds the secret in every call: its complete ARN, or its name where that is all that is known. */
export function secretId(secret: ISecret): string {
  return secret.secretFullArn ?? secret.secretName;
}
