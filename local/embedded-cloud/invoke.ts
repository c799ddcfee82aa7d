import { AwsError } from './aws-error.ts';

/** A function's handler. What it returns or throws is sent back as JSON. */
export type FunctionHandler = (event: unknown) => Promise<unknown>;

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

export function parseEvent(body: string): unknown {
  try {
    return JSON.parse(body === '' ? '{}' : body);
  } catch {
    throw new AwsError('InvalidRequestContentException', 'Could not parse request body into json.');
  }
}

export async function invoke(handler: FunctionHandler, event: unknown): Promise<InvocationAnswer> {
  try {
    return { payload: JSON.stringify((await handler(event)) ?? null), failed: false };
  } catch (error) {
    const { name: errorType, message: errorMessage } =
      error instanceof Error ? error : new Error(String(error));
    return { payload: JSON.stringify({ errorType, errorMessage, trace: [] }), failed: true };
  }
}
