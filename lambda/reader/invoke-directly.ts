import type { DirectEndpoint } from '../shared/direct-endpoint.ts';
import type { DirectSender } from '../shared/direct-sender.ts';
import type { Seams } from './seams.ts';
import { type ServiceError, wasThrottled } from './service-error.ts';
import { startTime } from './time-left.ts';

/** What a function answered. */
export interface Invocation {
  /** Set if the function failed. The payload then describes its error. */
  readonly functionError: string | undefined;
  readonly payload: string;
}

/** Runs a function and waits for its answer. Fails with the SDK's errors. */
export type InvokeFunction = (functionName: string, payload: string) => Promise<Invocation>;

/**
 * Times in milliseconds: until the connection to Lambda is made, and until the function has answered, retries included. The
 * latter is the time limit of a check, which is a minute, and a cold start.
 */
export const INVOKE_LIMITS = { attempts: 3, connect: 1_500, answer: 75_000 } as const;

/** The SDK's waits before the second attempt, in milliseconds, and what it repeats besides throttled calls. */
const RETRY_BASE = { throttled: 500, failing: 100 } as const;
const TRANSIENT_STATUSES: readonly unknown[] = [500, 502, 503, 504];
const TRANSIENT_NAME = /^(TimeoutError|RequestTimeout(Exception)?)$/;
const TRANSIENT_CODE =
  /^(ECONNRESET|ECONNREFUSED|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;

/** Runs a function without the SDK, with the retries of its standard mode. */
export function invokeDirectly(
  send: DirectSender,
  endpoint: DirectEndpoint,
  { now, random, sleep }: Seams,
): InvokeFunction {
  return async (functionName, payload) => {
    const timeLeft = startTime(INVOKE_LIMITS.answer, now);
    for (let attempt = 1; ; attempt += 1) {
      try {
        const { headers, text } = await send(endpoint, {
          path: `/2015-03-31/functions/${encodeURIComponent(functionName)}/invocations`,
          headers: { 'content-type': 'application/octet-stream', 'x-amz-invocation-type': 'RequestResponse' },
          body: payload,
          limits: { connect: INVOKE_LIMITS.connect, answer: timeLeft() },
        });
        return { functionError: headers['x-amz-function-error']?.toString(), payload: text };
      } catch (error) {
        const base = retryBase(error as ServiceError);
        if (base === undefined || attempt === INVOKE_LIMITS.attempts) throw error;
        const wait = random() * base * 2 ** (attempt - 1);
        if (wait >= timeLeft()) throw error;
        await sleep(wait);
      }
    }
  };
}

/** Milliseconds, or undefined if the call must not be repeated. */
function retryBase(error: ServiceError): number | undefined {
  if (wasThrottled(error)) return RETRY_BASE.throttled;
  const { name, code, $metadata = {} } = error;
  const passes =
    $metadata.clockSkewCorrected === true ||
    TRANSIENT_STATUSES.includes($metadata.httpStatusCode) ||
    TRANSIENT_NAME.test(String(name)) ||
    TRANSIENT_CODE.test(String(code));
  return passes ? RETRY_BASE.failing : undefined;
}
