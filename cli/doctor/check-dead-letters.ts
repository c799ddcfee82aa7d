import { GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { describeAwsFailure } from '../../lambda/shared/aws-failure.ts';
import type { Refresher } from '../deployed/refreshers-of-stack.ts';
import { REVERT_DRIFT, type ShellCommands } from '../shell-commands.ts';
import { ok, unknown, type Verdict, wrong } from './finding.ts';

/** Source: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-error-codes.html */
const QUEUE_GONE: ReadonlySet<string> = new Set([
  'QueueDoesNotExist',
  'AWS.SimpleQueueService.NonExistentQueue',
]);

/** Checks that the dead-letter queue exists and is empty. */
export async function checkDeadLetters(
  refresher: Refresher,
  sqs: SQSClient,
  commands: ShellCommands,
): Promise<Verdict> {
  const { deadLetterQueue } = refresher;
  if (deadLetterQueue === undefined) return unknown('the stack has no dead-letter queue for this refresher');
  const { id: url } = deadLetterQueue;
  try {
    const { Attributes: attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['ApproximateNumberOfMessages'] }),
    );
    const count = Number(attributes?.ApproximateNumberOfMessages ?? 0);
    if (count === 0) return ok('none');
    return wrong(
      `failed runs or undelivered events in the queue: ${count}. Read them, fix the cause, then purge the queue`,
      commands.aws(
        ...['sqs', 'receive-message', '--queue-url', url, '--max-number-of-messages', '10'],
        ...['--visibility-timeout', '0', '--message-attribute-names', 'All'],
      ),
      commands.aws('sqs', 'purge-queue', '--queue-url', url),
    );
  } catch (error) {
    if (!QUEUE_GONE.has(describeAwsFailure(error).name)) throw error;
    return wrong(`queue ${url} has been deleted`, commands.deploy(refresher, ...REVERT_DRIFT));
  }
}
