import { describeAwsFailure } from '../../lambda/shared/aws-failure.ts';

/** What the services call the error that says so: Lambda, Scheduler and Logs; KMS; and IAM in two ways. */
const NOT_THERE: ReadonlySet<string> = new Set([
  'ResourceNotFoundException',
  'NotFoundException',
  'NoSuchEntity',
  'NoSuchEntityException',
]);

/** AWS's answer, or undefined where what was asked for is gone. */
export async function ifThere<Answer>(asking: Promise<Answer>): Promise<Answer | undefined> {
  return asking.catch((error: unknown) => {
    if (NOT_THERE.has(describeAwsFailure(error).name)) return undefined;
    throw error;
  });
}
