import { abortable } from './abortable.ts';
import { INVOKE_LIMITS, type InvokeFunction } from './invoke-directly.ts';
import type { ReadParameter } from './read-parameter.ts';
import type { LambdaApi, ParameterStoreApi } from './token-reader.ts';

/** Milliseconds for one read, the search for credentials included. The caller's own client may have no time limit. */
const READ_TIMEOUT_MS = 15_000;

/** Reads parameters with a client of the SDK. */
export function readWith(ssm: ParameterStoreApi): ReadParameter {
  return async (Name) => {
    const abortSignal = AbortSignal.timeout(READ_TIMEOUT_MS);
    const reading = ssm.getParameter({ Name, WithDecryption: true }, { abortSignal });
    // The client respects the signal while it sends, but not while it looks for credentials.
    const { Parameter = {} } = await abortable(reading, abortSignal);
    return Parameter;
  };
}

/** Invokes functions with a client of the SDK. */
export function invokeWith(lambda: LambdaApi): InvokeFunction {
  return async (FunctionName, Payload) => {
    const abortSignal = AbortSignal.timeout(INVOKE_LIMITS.answer);
    const input = { FunctionName, InvocationType: 'RequestResponse', Payload } as const;
    const answer = await abortable(lambda.invoke(input, { abortSignal }), abortSignal);
    return { functionError: answer.FunctionError, payload: new TextDecoder().decode(answer.Payload) };
  };
}
