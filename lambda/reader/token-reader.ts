import { setTimeout } from 'node:timers/promises';
import { createReader } from './create-reader.ts';
import { createLazyReader } from './lazy-reader.ts';

import type { TokenUnavailableCode } from './token-unavailable-error.ts';

export {
  TOKEN_UNAVAILABLE_CODES,
  type TokenUnavailableCode,
  TokenUnavailableError,
} from './token-unavailable-error.ts';

/** A client of the SDK that sends commands: `SSMClient` or `LambdaClient`. The reader loads the command that it sends. */
export interface CommandClient {
  send(command: never, options: { readonly abortSignal: AbortSignal }): Promise<unknown>;
}

/** The call of Parameter Store that a reader makes, for example of `SSM` from `@aws-sdk/client-ssm`. */
export interface ParameterStoreApi {
  getParameter(
    input: { readonly Name: string; readonly WithDecryption: true },
    options: { readonly abortSignal: AbortSignal },
  ): Promise<{
    readonly Parameter?:
      | { readonly Type?: string | undefined; readonly Value?: string | undefined }
      | undefined;
  }>;
}

/** The call of Lambda that a reader makes, for example of `Lambda` from `@aws-sdk/client-lambda`. */
export interface LambdaApi {
  invoke(
    input: {
      readonly FunctionName: string;
      readonly InvocationType: 'RequestResponse';
      readonly Payload: string;
    },
    options: { readonly abortSignal: AbortSignal },
  ): Promise<{ readonly FunctionError?: string | undefined; readonly Payload?: Uint8Array | undefined }>;
}

export interface TokenReaderOptions {
  /**
   * Name of the parameter that holds the token, or its ARN if it belongs to another account.
   * Default: the environment variable `TOKEN_PARAMETER_NAME`.
   */
  readonly parameterName?: string | undefined;
  /**
   * Name or ARN of the refresher's function, which receives reports of rejected tokens.
   * Default: the environment variable `TOKEN_REFRESHER_FUNCTION_NAME`. Without either, nothing is reported.
   */
  readonly refresherFunctionName?: string | undefined;
  /**
   * Seconds, 0 or more. Every returned token is valid for longer than this; if the stored one is not, the read fails.
   * Default: any valid token is returned. If it expires within 10 seconds, the reader first looks for a better one.
   */
  readonly minimumValidity?: number | undefined;
  /** Seconds, 0 to 900, for which `fetch` waits for a new token after a 401. Even with 0, it looks for one. Default: 10. */
  readonly replacementTimeout?: number | undefined;
  /**
   * Reads the parameter: `SSM` or `SSMClient` from `@aws-sdk/client-ssm`. In a bundle that contains the SDK, pass `new SSM()`:
   * the reader loads the command for an `SSMClient` from `node_modules` or Lambda's runtime.
   * Default: the reader itself, or a client of the SDK if the environment needs one.
   */
  readonly ssm?: ParameterStoreApi | CommandClient | undefined;
  /** Reports rejected tokens: `Lambda` or `LambdaClient` from `@aws-sdk/client-lambda`. Everything else is as for `ssm`. */
  readonly lambda?: LambdaApi | CommandClient | undefined;
  /** Sends the requests of `TokenReader.fetch`. Default: the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Called after each event, for metrics and traces. No event holds a token. If it throws or rejects, Node.js prints a warning. */
  readonly onEvent?: ((event: TokenReaderEvent) => void) | undefined;
}

/** What a reader did. No event holds a token. */
export type TokenReaderEvent =
  /** It read the parameter. `isNew`: the token is not that of the read before. `validFor`: seconds until it expires. */
  | {
      readonly type: 'loaded';
      readonly isNew: boolean;
      readonly milliseconds: number;
      readonly validFor: number;
    }
  /** It could not read the parameter. `validFor`: seconds for which `get` still returns the token in memory, or 0. */
  | {
      readonly type: 'load-failed';
      readonly code: TokenUnavailableCode;
      readonly milliseconds: number;
      readonly validFor: number;
    }
  /** An API rejected a token: a 401 in `fetch`, or a call of `reject`. */
  | { readonly type: 'rejected' }
  /** It reported a rejected token, and the refresher's run has ended or failed. */
  | { readonly type: 'reported' | 'report-failed'; readonly milliseconds: number };

export interface GetOptions {
  /** Seconds, 0 or more. The token is valid for longer than this. Default: the reader's `minimumValidity`. */
  readonly minimumValidity?: number | undefined;
  /** Rejects this call with the signal's reason if it aborts during a wait. Default: the call waits. */
  readonly signal?: AbortSignal | undefined;
}

export interface TokenReader {
  /**
   * Returns the access token, never an expired one.
   *
   * Answers from memory. Late in the token's lifetime, at a random moment, the reader reloads in the background: for a
   * one-hour token, between 24 and 6 minutes before expiry. Concurrent calls share one load.
   *
   * Around the end of a token that was not replaced before, a call waits up to 10 seconds for the next one.
   *
   * If the stored record says when the next token revokes this one, the reader looks for the next one 2 to 6 seconds
   * after that. Calls wait for the look: at most 10 seconds while Parameter Store throttles, and not after a minute of
   * throttling.
   *
   * If there is no token to return, a call retries: for up to 60 seconds while Parameter Store throttles, and for up to
   * 10 seconds after other transient failures. Both times count from the first such failure. A call that meets both kinds
   * waits at most 60 seconds. Later, calls fail at once, except one every few seconds that tries again: at least every
   * 9 seconds, or every 40 while Parameter Store throttles or holds no valid token.
   * @throws TokenUnavailableError with any code except `REPORT_FAILED`
   * @throws TypeError if an option is out of its bounds
   */
  get(options?: GetOptions): Promise<string>;
  /**
   * Returns the token as the value of an `Authorization` header (RFC 6750 section 2.1).
   * @throws TokenUnavailableError and TypeError as `get` does
   */
  authorization(options?: GetOptions): Promise<string>;
  /**
   * The global `fetch` with the `Authorization` header.
   *
   * After a 401, it reads the parameter again. If that still holds the rejected token, it reports the token to the
   * refresher and waits up to `replacementTimeout`. With another token, it sends the request once more. It returns the
   * 401 if no other token arrives, or if the body cannot be sent twice: a stream, or the body of a `Request`.
   *
   * If the API rejects each new token too, the pause between two reports doubles, from one minute to one hour. Requests
   * in between only read the parameter again: less and less often, at least every 90 seconds.
   *
   * After a redirect to another origin, the request goes on without the header, so a 401 from there is not a rejection.
   * If another redirect leads back, the reader cannot see the detour: it takes a 401 for a rejection.
   * @throws TokenUnavailableError as `get` does
   * @throws TypeError if the request already has an `Authorization` header, or as the global `fetch` does
   */
  readonly fetch: typeof globalThis.fetch;
  /**
   * Reports a token that an API rejected. The refresher replaces it if it is the stored token and was not just minted.
   *
   * Resolves after the refresher's run, when the parameter has been read again. `get` then returns the new token, if
   * there is one. Concurrent reports of the same token share one call. In a pause between reports (see `fetch`), it only
   * reads the parameter again.
   * @throws TokenUnavailableError with the code `REPORT_FAILED`, or `CONFIGURATION_INVALID` if a name is missing, or the SDK
   * that the environment or the option `lambda` needs
   * @throws TypeError if the argument is not a token
   */
  reject(token: string): Promise<void>;
}

/**
 * Creates a reader of the stored token. Create one for each container, outside the handler. This never fails: a name that
 * is missing, or an option out of its bounds, is an error of the first call.
 */
export function createTokenReader(options: TokenReaderOptions = {}): TokenReader {
  return createLazyReader(() =>
    createReader(options, {
      now: Date.now,
      random: Math.random,
      sleep: (milliseconds, signal) => setTimeout(milliseconds, undefined, { signal }),
    }),
  );
}
