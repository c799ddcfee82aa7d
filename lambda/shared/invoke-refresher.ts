import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { parseJsonObject } from './json.ts';
import { codeOf } from './refresh-error.ts';
import type { RefreshResult } from './refresh-result.ts';

/** Milliseconds to wait for the refresher's answer: its own time limit of a minute, and its start. */
const INVOCATION_TIMEOUT_MS = 75_000;

/** Settings of a client for this, from those of others: a run is never asked for twice because it takes its time. */
export function forInvocation<Settings extends { readonly requestHandler: object }>(settings: Settings) {
  return {
    ...settings,
    maxAttempts: 1,
    requestHandler: { ...settings.requestHandler, requestTimeout: INVOCATION_TIMEOUT_MS },
  };
}

/** The event of a run: `{}` as the schedule sends it, or one that has it mint in any case. */
export type RunEvent = Readonly<Record<string, never>> | { readonly force: true };

/** How a run ended: its result, or its error's code, `UNEXPECTED` where it has none, and message. */
export type RunOutcome =
  | RefreshResult
  | { readonly outcome: 'failed'; readonly code: string; readonly message: string };

/**
 * Has the refresher run, and waits for the end of the run.
 * @throws the SDK's errors where it cannot be invoked
 */
export async function invokeRefresher(
  lambda: LambdaClient,
  functionName: string,
  event: RunEvent,
): Promise<RunOutcome> {
  const { FunctionError: error, Payload: payload } = await lambda.send(
    new InvokeCommand({
      FunctionName: functionName,
      InvocationType: 'RequestResponse',
      Payload: JSON.stringify(event),
    }),
  );
  const answer = parseJsonObject(new TextDecoder().decode(payload)) ?? {};
  if (error === undefined) return answer as unknown as RefreshResult;
  const { errorMessage: found } = answer;
  const message = typeof found === 'string' ? found : 'the refresher failed without a message';
  return { outcome: 'failed', code: codeOf(message), message };
}
