/**
 * The child process of a function container. It does what the Lambda runtime does around a handler: imports the bundle,
 * passes events to it, and logs errors that the handler throws, as the runtime does with JSON logging.
 */
import { pathToFileURL } from 'node:url';

export interface Invocation {
  readonly id: number;
  readonly event: unknown;
  /** Remaining time in the function's context, milliseconds. */
  readonly remaining: number;
  /** What a caller that waits for the answer passes on. */
  readonly clientContext?: object | undefined;
}

export type InvocationResult =
  | { readonly ok: true; readonly result: unknown }
  | {
      readonly ok: false;
      readonly errorType: string;
      readonly errorMessage: string;
      readonly trace: readonly string[];
    };

export type RuntimeMessage =
  | { readonly ready: true }
  | { readonly id: number; readonly answer: InvocationResult };

const [module] = process.argv.slice(2);
const send = (message: RuntimeMessage) => process.send?.(message);
const { handler } = await import(pathToFileURL(module ?? '').href);

process.on('message', (invocation: Invocation) => {
  const { id } = invocation;
  void run(invocation).then((answer) => send({ id, answer }));
});
process.on('disconnect', () => process.exit());
send({ ready: true });

async function run({ event, id, remaining, clientContext }: Invocation): Promise<InvocationResult> {
  const endsAt = Date.now() + remaining;
  try {
    const result = await handler(event, {
      awsRequestId: `local-${id}`,
      functionName: 'token-refresher',
      functionVersion: '$LATEST',
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:token-refresher',
      memoryLimitInMB: '256',
      clientContext,
      getRemainingTimeInMillis: () => Math.max(0, endsAt - Date.now()),
    });
    return { ok: true, result: JSON.parse(JSON.stringify(result ?? null)) };
  } catch (error) {
    const thrown = error instanceof Error ? error : new Error(String(error));
    const trace = (thrown.stack ?? '').split('\n');
    const line = {
      level: 'ERROR',
      message: { ...thrown, errorType: thrown.name, errorMessage: thrown.message, trace },
    };
    process.stdout.write(`${JSON.stringify(line)}\n`);
    return { ok: false, errorType: thrown.name, errorMessage: thrown.message, trace };
  }
}
