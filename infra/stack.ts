import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { importSecret, secretId } from './construct/credentials-secret.ts';
import { TokenRefresher } from './construct/token-refresher.ts';
import { createNotificationTopic } from './notification-topic.ts';
import type { RefresherSettings } from './settings.ts';

/** One refresher as a stack of its own, with the outputs that its users need. */
export class RefresherStack extends Stack {
  readonly refresher: TokenRefresher;

  constructor(scope: Construct, id: string, settings: RefresherSettings, props?: StackProps) {
    super(scope, id, props);
    const {
      credentials,
      encryptionKey,
      readers,
      scope: oauthScope,
      extraParameters,
      clientAuthentication,
      notificationEmail,
      notificationTopic,
      ...required
    } = settings;
    const topic = this.notificationTopic(notificationEmail, notificationTopic);
    this.refresher = new TokenRefresher(this, 'Refresher', {
      ...required,
      ...(credentials === undefined ? {} : { credentials: importSecret(this, credentials) }),
      ...(encryptionKey === undefined
        ? {}
        : { encryptionKey: Key.fromKeyArn(this, 'EncryptionKey', encryptionKey) }),
      ...(readers === undefined ? {} : { readers }),
      ...(oauthScope === undefined ? {} : { scope: oauthScope }),
      ...(extraParameters === undefined ? {} : { extraParameters }),
      ...(clientAuthentication === undefined ? {} : { clientAuthentication }),
      ...(topic === undefined ? {} : { notificationTopic: topic }),
    });
    this.addOutputs(this.refresher);
    if (credentials === undefined) this.addNextStep(settings);
  }

  private notificationTopic(email: string | undefined, topicArn: string | undefined): ITopic | undefined {
    if (topicArn !== undefined) return Topic.fromTopicArn(this, 'NotificationTopic', topicArn);
    return email === undefined ? undefined : createNotificationTopic(this, email);
  }

  /** The command shows only the value of an output, not its description. */
  private addNextStep({ checkEvery }: RefresherSettings): void {
    new CfnOutput(this, 'NextStep', {
      description: 'What is left to do while the secret is empty',
      value:
        'If the secret is still empty, write {"client_id": "...", "client_secret": "..."} to credentials.json and run the ' +
        `PutCredentialsCommand: the token is there within ${checkEvery.toHumanString()}.`,
    });
  }

  private addOutputs({
    parameterName,
    parameterArn,
    credentials,
    encryptionKey,
    function: fn,
  }: TokenRefresher): void {
    const output = (id: string, description: string, value: string) =>
      new CfnOutput(this, id, { description, value });
    output('ParameterName', 'The parameter that holds the token', parameterName);
    output('ParameterArn', 'ARN of the parameter that holds the token', parameterArn);
    output(
      'CredentialsSecretArn',
      'The secret that holds client_id and client_secret',
      credentials.secretArn,
    );
    output('EncryptionKeyArn', 'The key that encrypts the parameter', encryptionKey.keyArn);
    output('FunctionArn', 'ARN of the function that refreshes the token', fn.functionArn);
    output('FunctionName', 'The function that refreshes the token', fn.functionName);
    output(
      'PutCredentialsCommand',
      'Puts the credentials in credentials.json, {"client_id": "…", "client_secret": "…"}, into the secret',
      `aws secretsmanager put-secret-value --secret-id '${secretId(credentials)}' --secret-string file://credentials.json`,
    );
  }
}
