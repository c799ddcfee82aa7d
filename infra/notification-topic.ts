import { ArnFormat, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import { acknowledge } from './construct/acknowledge.ts';

/**
 * A topic that sends an e-mail for every alarm, once the address has confirmed that it wants them. Only alarms of this
 * account and region may publish. It has no KMS key: what it says is no secret and leaves in a plain e-mail, the token's own
 * key must not stand between its failure and the alarm, and one more would cost more than all the alarms.
 */
export function createNotificationTopic(scope: Construct, email: string): Topic {
  const stack = Stack.of(scope);
  const topic = new Topic(scope, 'Notifications', {
    displayName: `Alarms of ${stack.stackName}`,
    enforceSSL: true,
  });
  acknowledge(topic, {
    'NIST.800.53.R5-SNSEncryptedKMS':
      'What it says is no secret and leaves in a plain e-mail. A key would be one more thing to fail between an alarm and its reader.',
  });
  topic.addSubscription(new EmailSubscription(email));
  topic.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: {
        StringEquals: { 'aws:SourceAccount': stack.account },
        ArnLike: {
          'aws:SourceArn': stack.formatArn({
            service: 'cloudwatch',
            resource: 'alarm',
            resourceName: '*',
            arnFormat: ArnFormat.COLON_RESOURCE_NAME,
          }),
        },
      },
    }),
  );
  return topic;
}
