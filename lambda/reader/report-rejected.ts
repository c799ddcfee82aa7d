import { describeAwsFailure, isAccessDenied } from '../shared/aws-failure.ts';
import { parseJsonObject } from '../shared/json.ts';
import { codeOf } from '../shared/refresh-error.ts';
import type { KeepReason } from '../shared/refresh-result.ts';
import { sha256 } from '../shared/stored-token.ts';
import type { InvokeFunction } from './invoke-directly.ts';
import type { Unavailability } from './token-unavailable-error.ts';

/** The result of a report, and whether a new token may be on its way, through this report or another. */
export type Reported =
  | { readonly type: 'answered'; readonly replacement: 'expected' | 'none' }
  | { readonly type: 'failed'; readonly failure: Unavailability; readonly replacement: 'expected' | 'none' };

/** Reports a rejected token. Never rejects. */
export type Report = (token: string) => Promise<Reported>;

/** The refresher keeps a token that was just minted, and one that the endpoint grants again, however often it is reported. */
const FINAL: ReadonlySet<unknown> = new Set<KeepReason>(['just-minted', 'same-token']);

/** Reports a rejected token by its SHA-256 and waits until the refresher's run has ended. Never rejects. */
export async function reportRejected(
  invoke: InvokeFunction,
  functionName: string,
  token: string,
): Promise<Reported> {
  try {
    const { functionError, payload } = await invoke(
      functionName,
      JSON.stringify({ rejected: sha256(token) }),
    );
    const answer = parseJsonObject(payload);
    if (functionError !== undefined) return failedRun(functionName, answer?.errorMessage);
    return { type: 'answered', replacement: FINAL.has(answer?.reason) ? 'none' : 'expected' };
  } catch (error) {
    return failedInvocation(functionName, error);
  }
}

/** Shows only the code, because the message of another version of the refresher may hold anything. */
function failedRun(functionName: string, message: unknown): Reported {
  const text = `${functionName} failed with ${codeOf(String(message))} after a rejected token was reported. See its log.`;
  return { type: 'failed', failure: { code: 'REPORT_FAILED', text }, replacement: 'expected' };
}

function failedInvocation(functionName: string, error: unknown): Reported {
  const { name, text } = describeAwsFailure(error);
  const denied = isAccessDenied(name);
  const absent = name === 'ResourceNotFoundException';
  const remedy = denied
    ? 'Allow it with refresher.grantReport(fn).'
    : absent
      ? 'Correct refresherFunctionName.'
      : 'The reader reports the token again after its next 401.';
  return {
    type: 'failed',
    failure: {
      code: 'REPORT_FAILED',
      text: `a rejected token could not be reported to ${functionName}: ${text}. ${remedy}`,
      cause: Object.assign(new Error(text), { name }),
    },
    replacement: denied || absent ? 'none' : 'expected',
  };
}
