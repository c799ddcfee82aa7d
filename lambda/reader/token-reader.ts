import { setTimeout } from 'node:timers/promises';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { READER_ENVIRONMENT } from '../shared/reader-environment.ts';
import { isSendable, sha256 } from '../shared/stored-token.ts';
import { assertSeconds } from './assert-seconds.ts';
import { createAuthorizedFetch } from './authorized-fetch.ts';
import { loadFromParameterStore, reportToFunction } from './aws-clients.ts';
import { createReplacementSearch } from './find-replacement.ts';
import { createTokenCache, type GetOptions } from './token-cache.ts';
import { TokenUnavailableError } from './token-unavailable-error.ts';

export {
  TOKEN_UNAVAILABLE_CODES,
  type TokenUnavailableCode,
  TokenUnavailableError,
} from './token-unavailable-error.ts';
export type { GetOptions };

export interface TokenReaderOptions {
  /**
   * Name of the parameter that holds the token, or its ARN where it is another account's.
   * Default: the environment variable `TOKEN_PARAMETER_NAME`.
   */
  readonly parameterName?: string;
  /**
   * Name or ARN of the refresher's function, to which a rejected token is reported. Default: the environment variable
   * `TOKEN_REFRESHER_FUNCTION_NAME`; where neither is given, nothing is reported.
   */
  readonly refresherFunctionName?: string;
  /**
   * Seconds, 0 or more, for which every returned token is valid; where Parameter Store holds none that is, a read
   * fails. Default: any valid token is returned, but with 10 seconds left or less only after a look for a better one.
   */
  readonly minimumValidity?: number;
  /** Seconds for which `fetch` waits for the replacement of a token that was refused. Default: 10. */
  readonly replacementTimeout?: number;
  /** Default: a client with the environment's region and credentials, made when it is first needed. */
  readonly ssm?: SSMClient;
  /** Default: as `ssm`. */
  readonly lambda?: LambdaClient;
  /** What sends the requests of `fetch`. Default: the global one. */
  readonly fetch?: typeof globalThis.fetch;
  /** Unix time in milliseconds. Default: `Date.now`. */
  readonly now?: () => number;
  /** From 0 to 1, for the jitter. Default: `Math.random`. */
  readonly random?: () => number;
  /** Resolves after so many milliseconds; may reject once the signal aborts. Default: a timer. */
  readonly sleep?: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
}

export interface TokenReader {
  /**
   * The access token, never an expired one. It comes from memory until a random moment late in its life (between 24
   * and 6 minutes before the end of an hour); then it is reloaded, which no caller waits for while it is valid.
   * However many callers have to wait, one read is made. Without a token to return, a read of Parameter Store is
   * repeated for up to 60 seconds while it throttles, for up to 10 while it fails otherwise.
   * @throws TokenUnavailableError with any code but `REPORT_FAILED`
   */
  get(options?: GetOptions): Promise<string>;
  /**
   * The token as the value of an `Authorization` header (RFC 6750 section 2.1).
   * @throws TokenUnavailableError as `get`
   */
  authorization(options?: GetOptions): Promise<string>;
  /**
   * The global `fetch` with the `Authorization` header. Where the answer is 401, the parameter is read again and, if it
   * still holds the refused token, the token is reported to the refresher. Once another token is there, the request is
   * sent again, once. Otherwise, and where the body is a stream or a `Request`'s and so cannot be sent twice, the 401 is
   * returned, in the latter case when the next request can have the other token. The header does not follow a redirect
   * to another origin, and a 401 from there is returned as it is; one from a redirect back counts as a refusal.
   * @throws TokenUnavailableError as `get`
   * @throws TypeError where the request has an `Authorization` header of its own, and where `fetch` throws it
   */
  readonly fetch: typeof globalThis.fetch;
  /**
   * Reports a token that an API has refused. The refresher replaces it if it is the stored one and not brand-new.
   * Resolves when its run has ended and the parameter was read again, so that `get` returns another token if there is
   * one; concurrent reports of a token are one.
   * @throws TokenUnavailableError `REPORT_FAILED`
   * @throws TypeError where the refresher's function is not known, or this is no token
   */
  reject(token: string): Promise<void>;
}

/** How long `fetch` waits by default, in seconds: time for a run of the refresher with a backoff or two. */
const REPLACEMENT_TIMEOUT_SECONDS = 10;

/**
 * Makes what a function reads the token with and authorizes its requests with. Make one for a container, outside the
 * handler.
 * @throws TypeError where an option is missing or out of its bounds
 */
export function createTokenReader(options: TokenReaderOptions = {}): TokenReader {
  const { minimumValidity, replacementTimeout = REPLACEMENT_TIMEOUT_SECONDS } = options;
  const { now = Date.now, random = Math.random } = options;
  const sleep =
    options.sleep ??
    ((milliseconds: number, signal?: AbortSignal) =>
      setTimeout(milliseconds, undefined, signal === undefined ? {} : { signal }));
  const parameterName = options.parameterName ?? process.env[READER_ENVIRONMENT.parameterName];
  const functionName =
    options.refresherFunctionName ?? (process.env[READER_ENVIRONMENT.refresherFunctionName] || undefined);
  if (parameterName === undefined || parameterName === '') {
    throw new TypeError(
      `parameterName is missing; pass it, or set ${READER_ENVIRONMENT.parameterName} with refresher.connect(fn)`,
    );
  }
  assertSeconds('minimumValidity', minimumValidity ?? 0);
  assertSeconds('replacementTimeout', replacementTimeout);

  const cache = createTokenCache({
    load: loadFromParameterStore(parameterName, options.ssm),
    parameterName,
    minimumValidity,
    now,
    random,
    sleep,
  });
  const report = functionName === undefined ? undefined : reportToFunction(functionName, options.lambda);
  const findReplacement = createReplacementSearch({
    cache,
    report: report && ((token) => report(sha256(token))),
    timeout: replacementTimeout * 1_000,
    now,
    random,
    sleep,
  });
  return {
    get: cache.get,
    authorization: async (wanted) => `Bearer ${await cache.get(wanted)}`,
    fetch: createAuthorizedFetch({
      fetch: options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
      get: cache.get,
      findReplacement,
    }),
    async reject(token) {
      if (report === undefined) {
        throw new TypeError(
          "the refresher's function is not known; pass refresherFunctionName, or set " +
            `${READER_ENVIRONMENT.refresherFunctionName} with refresher.connect(fn)`,
        );
      }
      // The value is not shown: it may be a token after all.
      if (typeof token !== 'string' || !isSendable(token))
        throw new TypeError('reject takes a token as get() returned it');
      cache.reject(token);
      const reported = await report(sha256(token));
      if (reported.type === 'failed') throw new TokenUnavailableError(reported.failure);
      await cache.load();
    },
  };
}
