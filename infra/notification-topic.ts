import { ArnFormat, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import { acknowledge } from './construct/acknowledge.ts';

/**
 * Creates a topic that sends an email for every alarm, once the recipient has confirmed the subscription. Only alarms of
 * this account and region may publish. It has no KMS key: the messages are not confidential and leave in a plain email.
 * The token's key must not be able to block its own alarms, and another key would cost more than all the alarms.
 */
export function createNotificationTopic(scope: Construct, email: string): Topic {
  const stack = Stack.of(scope);
  const topic = new Topic(scope, 'Notifications', {
    displayName: `Alarms of ${stack.stackName}`,
    enforceSSL: true,
  });
  acknowledge(topic, {
    'NIST.800.53.R5-SNSEncryptedKMS':
      'The messages are not confidential and leave in a plain email. A key would be one more thing that can fail between an alarm and its recipient.',
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
