import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { describeAwsFailure } from '../lambda/aws-failure.ts';
import { parseJsonObject } from '../lambda/json.ts';
import type { RefreshResult } from '../lambda/refresh.ts';
import type { Refresher } from './deployed/refreshers.ts';
import { codeOf } from './last-run.ts';
import { Unable } from './unable.ts';

/** The event that a run is started with: `{}` as the schedule sends it, or one that has it mint in any case. */
export type RunEvent = Readonly<Record<string, never>> | { readonly force: true };

export type RunOutcome =
  | RefreshResult
  | { readonly outcome: 'failed'; readonly code: string; readonly message: string };

/**
 * Has the refresher run now, and waits for its answer.
 * @throws Unable where there is no function to run
 */
export async function runRefresher(
  lambda: LambdaClient,
  { name, function: { id } }: Refresher,
  event: RunEvent,
): Promise<RunOutcome> {
  const { FunctionError: error, Payload: payload } = await lambda
    .send(
      new InvokeCommand({
        FunctionName: id,
        InvocationType: 'RequestResponse',
        Payload: JSON.stringify(event),
      }),
    )
    .catch((failure: unknown) => {
      if (describeAwsFailure(failure).name !== 'ResourceNotFoundException') throw failure;
      throw new Unable(`the function of ${name}, ${id}, is gone`);
    });
  const answer = parseJsonObject(new TextDecoder().decode(payload)) ?? {};
  if (error === undefined) return answer as unknown as RefreshResult;
  const { errorMessage: found } = answer;
  const message = typeof found === 'string' ? found : 'the refresher failed without a message';
  return { outcome: 'failed', code: codeOf(message), message };
}
