import { describeAwsFailure } from '../../lambda/shared/aws-failure.ts';

/** How services name this error: Lambda, Scheduler and Logs; KMS; IAM (two names). */
const NOT_FOUND: ReadonlySet<string> = new Set([
  'ResourceNotFoundException',
  'NotFoundException',
  'NoSuchEntity',
  'NoSuchEntityException',
]);

/** Returns the answer of an AWS call, or undefined if the resource no longer exists. */
export async function unlessGone<Answer>(call: Promise<Answer>): Promise<Answer | undefined> {
  return call.catch((error: unknown) => {
    if (NOT_FOUND.has(describeAwsFailure(error).name)) return undefined;
    throw error;
  });
}
