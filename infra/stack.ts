import { Annotations, CfnOutput, Stack, type StackProps, Tags } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { LayerVersion } from 'aws-cdk-lib/aws-lambda';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { credentialFieldsOf, credentialsShape } from '../lambda/shared/credential-fields.ts';
import { limitProblems } from './construct/aws-limits.ts';
import { importSecret, secretId } from './construct/credentials-secret.ts';
import { TokenRefresher } from './construct/token-refresher.ts';
import { withoutUndefined } from './construct/without-undefined.ts';
import { importRole, importVpc } from './imports.ts';
import { createNotificationTopic } from './notification-topic.ts';
import type { RefresherSettings } from './settings.ts';

/** A stack with one refresher and the outputs that its users need. */
export class RefresherStack extends Stack {
  readonly refresher: TokenRefresher;

  constructor(scope: Construct, id: string, settings: RefresherSettings, props?: StackProps) {
    super(scope, id, props);
    const {
      tokenUrl,
      parameterName,
      credentials,
      credentialsKey,
      encryptionKey,
      notificationEmail,
      layers: layerArns,
      role,
      tags = {},
      vpc,
      vpcSubnets,
      securityGroups,
      ...others
    } = settings;
    const key =
      encryptionKey === undefined ? undefined : Key.fromKeyArn(this, 'EncryptionKey', encryptionKey);
    const secret = credentials === undefined ? undefined : importSecret(this, credentials, credentialsKey);
    const layers = layerArns?.map((arn, index) =>
      LayerVersion.fromLayerVersionArn(this, `Layer${index + 1}`, arn),
    );
    const topic = this.notificationTopic(notificationEmail, settings.notificationTopic);
    const functions = {
      ...(role === undefined ? {} : { role: importRole(this, role) }),
      ...(vpc === undefined ? {} : importVpc(this, vpc, vpcSubnets, securityGroups)),
    };
    this.refresher = new TokenRefresher(this, 'Refresher', {
      tokenUrl,
      parameterName,
      ...functions,
      ...withoutUndefined({
        ...others,
        credentials: secret,
        encryptionKey: key,
        notificationTopic: topic,
        layers,
      }),
    });
    for (const [tag, value] of Object.entries(tags)) Tags.of(this).add(tag, value);
    const shape = credentialsShape(credentialFieldsOf(settings.credentialFields));
    this.addOutputs(this.refresher, shape);
    const rest = () => this.node.children.filter((child) => child !== this.refresher);
    this.node.addValidation({ validate: () => rest().flatMap(limitProblems) });
    if (credentials === undefined) this.addNextStep(settings, shape);
    if (encryptionKey === undefined && (settings.readers ?? []).length === 0) this.reportNoReaders();
  }

  private notificationTopic(email: string | undefined, topicArn: string | undefined): ITopic | undefined {
    if (topicArn !== undefined) return Topic.fromTopicArn(this, 'NotificationTopic', topicArn);
    return email === undefined ? undefined : createNotificationTopic(this, email);
  }

  /** The CDK CLI prints the values of outputs only, so the value holds the whole instruction. */
  private addNextStep({ checkEvery }: RefresherSettings, shape: string): void {
    new CfnOutput(this, 'NextStep', {
      description: 'What to do while the secret is empty',
      value:
        `If the secret is still empty, write ${shape.replaceAll('…', '...')} to credentials.json and run ` +
        `PutCredentialsCommand. The token is available within ${checkEvery.toHumanString()}. Until then, the alarms fire.`,
    });
  }

  /** An app of cdk.json grants nobody, so without `readers` the key policy admits no reader. */
  private reportNoReaders(): void {
    const text =
      'Nobody can read the token yet: readers is not set. In cdk.json, add "readers": ["*"] to let the IAM policies of the ' +
      'account decide, or list the ARNs of roles and users.';
    Annotations.of(this).addWarningV2('token-refresher:no-readers', text);
    new CfnOutput(this, 'Readers', { description: 'Who can read the token', value: text });
  }

  private addOutputs(refresher: TokenRefresher, shape: string): void {
    const { credentials, encryptionKey, function: fn } = refresher;
    const output = (id: string, description: string, value: string) =>
      new CfnOutput(this, id, { description, value });
    output('ParameterName', 'The parameter that stores the token', refresher.parameterName);
    output('ParameterArn', 'ARN of the parameter that stores the token', refresher.parameterArn);
    output('CredentialsSecretArn', 'The secret with client_id and client_secret', credentials.secretArn);
    output('EncryptionKeyArn', 'The key that encrypts the parameter', encryptionKey.keyArn);
    output('FunctionArn', 'ARN of the function that refreshes the token', fn.functionArn);
    output('FunctionName', 'The function that refreshes the token', fn.functionName);
    output(
      'PutCredentialsCommand',
      `Stores credentials.json, ${shape}, in the secret`,
      `aws secretsmanager put-secret-value --secret-id '${secretId(credentials)}' --secret-string file://credentials.json`,
    );
  }
}
