import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { describeAwsFailure } from '../shared/aws-failure.ts';
import { parseJsonObject } from '../shared/json.ts';
import { abortable } from './abortable.ts';
import type { Unavailability } from './token-unavailable-error.ts';

/** What a report came to, and whether a replacement may be on its way, by this report or another's. */
export type Reported =
  | { readonly type: 'answered'; readonly replacement: 'expected' | 'none' }
  | { readonly type: 'failed'; readonly failure: Unavailability; readonly replacement: 'expected' | 'none' };

/** Milliseconds for a report: a run's own time limit of a minute, and its start. A run may have to back off. */
const REPORT_TIMEOUT_MS = 75_000;

/** A client with the region and the credentials of the environment. */
export function createLambdaClient(): LambdaClient {
  return new LambdaClient({ maxAttempts: 3, requestHandler: { connectionTimeout: 1_500 } });
}

/** Tells the refresher which token was refused, by its SHA-256, and waits for the end of its run. Never rejects. */
export async function reportRejected(
  lambda: LambdaClient,
  functionName: string,
  fingerprint: string,
): Promise<Reported> {
  const abortSignal = AbortSignal.timeout(REPORT_TIMEOUT_MS);
  try {
    const command = new InvokeCommand({
      FunctionName: functionName,
      InvocationType: 'RequestResponse',
      Payload: JSON.stringify({ rejected: fingerprint }),
    });
    const { FunctionError: functionError, Payload: payload } = await abortable(
      lambda.send(command, { abortSignal }),
      abortSignal,
    );
    const answer = parseJsonObject(payload?.transformToString() ?? '');
    if (functionError !== undefined) return failedRun(functionName, answer?.errorMessage);
    // Too young to be replaced: the refresher keeps it, whoever reports it.
    return { type: 'answered', replacement: answer?.reason === 'just-minted' ? 'none' : 'expected' };
  } catch (error) {
    return failedInvocation(functionName, error);
  }
}

/** Of the function's message only its code is told: another version's may hold anything. */
function failedRun(functionName: string, message: unknown): Reported {
  const code = /^([A-Z_]{3,40}): /.exec(String(message))?.[1] ?? 'an unexpected error';
  return {
    type: 'failed',
    failure: {
      code: 'REPORT_FAILED',
      text: `${functionName} was told of the rejected token and failed with ${code}. Look at its log.`,
    },
    replacement: 'expected',
  };
}

function failedInvocation(functionName: string, error: unknown): Reported {
  const { name, text } = describeAwsFailure(error);
  const denied = /AccessDenied|^CredentialsProviderError$/.test(name);
  const absent = name === 'ResourceNotFoundException';
  const remedy = denied
    ? 'Allow it with refresher.grantReport(fn).'
    : absent
      ? 'Correct refresherFunctionName.'
      : 'It is reported again when the token is next refused.';
  return {
    type: 'failed',
    failure: {
      code: 'REPORT_FAILED',
      text: `${functionName} could not be told of the rejected token: ${text}. ${remedy}`,
      cause: Object.assign(new Error(text), { name }),
    },
    replacement: denied || absent ? 'none' : 'expected',
  };
}
