import { callJson } from '../shared/call-json.ts';
import type { DirectEndpoint } from '../shared/direct-endpoint.ts';
import type { DirectSender } from '../shared/direct-sender.ts';

/** What Parameter Store says about the parameter. */
export interface Parameter {
  readonly Type?: string | undefined;
  readonly Value?: string | undefined;
}

/** Reads a parameter with decryption. Fails with the SDK's errors. */
export type ReadParameter = (name: string) => Promise<Parameter>;

/**
 * Milliseconds. A call within a region takes a few. A slower one fails, for example after Lambda froze the container during
 * it. There is no retry here, because each counts against the throughput: the reader retries at its own pace.
 */
export const READ_LIMITS = { connect: 1_500, answer: 4_000 } as const;

/** Reads a parameter without the SDK. */
export function readDirectly(send: DirectSender, endpoint: DirectEndpoint): ReadParameter {
  return async (Name) => {
    const { Parameter = {} } = await callJson<{ readonly Parameter?: Parameter }>(send, endpoint, {
      target: 'AmazonSSM.GetParameter',
      input: { Name, WithDecryption: true },
      limits: READ_LIMITS,
    });
    return Parameter;
  };
}
