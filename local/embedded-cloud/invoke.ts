import { AwsError } from './aws-error.ts';

/** A function's handler. What it returns or throws is sent back as JSON. */
export type FunctionHandler = (event: unknown) => Promise<unknown>;

export interface Invocation {
  readonly functionName: string;
  readonly event: unknown;
}

export interface InvocationAnswer {
  readonly payload: string;
  /** Whether the payload is the function's error. */
  readonly failed: boolean;
}

/** Source: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
const INVOKE_PATH = /^\/2015-03-31\/functions\/([^/?]+)\/invocations(?:\?.*)?$/;

/** The name of the function that an HTTP request invokes, or undefined if it is another request. */
export function invokedFunction(method: string | undefined, url: string | undefined): string | undefined {
  const name = method === 'POST' ? INVOKE_PATH.exec(url ?? '')?.[1] : undefined;
  if (name === undefined) return undefined;
  // A function may be named by its name or by its ARN.
  return decodeURIComponent(name).split(':').at(-1);
}

export function parseInvocation(functionName: string, invocationType: string, body: string): Invocation {
  if (invocationType !== '' && invocationType !== 'RequestResponse') {
    throw new AwsError('InvalidParameterValueException', 'Only RequestResponse is offered here.');
  }
  try {
    return { functionName, event: JSON.parse(body === '' ? '{}' : body) as unknown };
  } catch {
    throw new AwsError('InvalidRequestContentException', 'Could not parse request body into json.');
  }
}

export async function invoke(
  functions: Readonly<Record<string, FunctionHandler>>,
  arnPrefix: string,
  { functionName, event }: Invocation,
): Promise<InvocationAnswer> {
  const handler = functions[functionName];
  if (handler === undefined) {
    throw new AwsError(
      'ResourceNotFoundException',
      `Function not found: ${arnPrefix}:function:${functionName}`,
      404,
    );
  }
  try {
    return { payload: JSON.stringify((await handler(event)) ?? null), failed: false };
  } catch (error) {
    const { name: errorType, message: errorMessage } =
      error instanceof Error ? error : new Error(String(error));
    return { payload: JSON.stringify({ errorType, errorMessage, trace: [] }), failed: true };
  }
}
