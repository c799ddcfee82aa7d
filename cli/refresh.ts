import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { describeAwsFailure } from '../lambda/aws-failure.ts';
import { parseJsonObject } from '../lambda/json.ts';
import type { RefreshResult } from '../lambda/refresh.ts';
import { SELF } from './commands.ts';
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
  refresher: Refresher,
  event: RunEvent,
): Promise<RunOutcome> {
  const { FunctionError: error, Payload: payload } = await lambda
    .send(
      new InvokeCommand({
        FunctionName: refresher.function.id,
        InvocationType: 'RequestResponse',
        Payload: JSON.stringify(event),
      }),
    )
    .catch((failure: unknown) => {
      if (describeAwsFailure(failure).name !== 'ResourceNotFoundException') throw failure;
      throw functionGone(refresher);
    });
  const answer = parseJsonObject(new TextDecoder().decode(payload)) ?? {};
  if (error === undefined) return answer as unknown as RefreshResult;
  const { errorMessage: found } = answer;
  const message = typeof found === 'string' ? found : 'the refresher failed without a message';
  return { outcome: 'failed', code: codeOf(message), message };
}

export function functionGone({ name, function: { id } }: Refresher): Unable {
  return new Unable(`the function of ${name}, ${id}, has been deleted. See: ${SELF} doctor ${name}`);
}
