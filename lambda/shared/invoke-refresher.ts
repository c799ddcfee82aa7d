import { InvokeCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import { parseJsonObject } from './json.ts';
import { codeOf } from './refresh-error.ts';
import type { RefreshResult } from './refresh-result.ts';

/** Longest wait for the refresher's answer, in milliseconds: the time limit of a check, and a cold start. */
export const INVOCATION_TIMEOUT_MS = 75_000;

/** Adapts client settings to invocations. One attempt with a long timeout: a slow run must not start twice. */
export function forInvocation<Settings extends { readonly requestHandler: object }>(settings: Settings) {
  return {
    ...settings,
    maxAttempts: 1,
    requestHandler: {
      ...settings.requestHandler,
      requestTimeout: INVOCATION_TIMEOUT_MS,
      // The connection is silent while the refresher runs.
      socketTimeout: INVOCATION_TIMEOUT_MS,
    },
  };
}

/**
 * Tells the refresher that the caller waits, so that the run does not wait for the end of a token. Lambda passes a client
 * context only from callers that wait. Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
 */
const CLIENT_CONTEXT = Buffer.from('{"custom":{"caller":"waits"}}').toString('base64');

/** The event of a run: `{}` checks as the schedule does, `force` always mints. */
export type RunEvent = Readonly<Record<string, never>> | { readonly force: true };

/** The result of a run, or its error. `code` is `UNEXPECTED` if the error has none. */
export type RunOutcome =
  | RefreshResult
  | { readonly outcome: 'failed'; readonly code: string; readonly message: string };

/**
 * Runs the refresher and waits for its outcome.
 * @throws the SDK's errors if the function cannot be invoked
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
      ClientContext: CLIENT_CONTEXT,
      Payload: JSON.stringify(event),
    }),
  );
  const answer = parseJsonObject(new TextDecoder().decode(payload)) ?? {};
  if (error === undefined) return answer as unknown as RefreshResult;
  const { errorMessage: found } = answer;
  const message = typeof found === 'string' ? found : 'the refresher failed without a message';
  return { outcome: 'failed', code: codeOf(message), message };
}
