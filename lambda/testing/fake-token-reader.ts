import { createAuthorizedFetch } from '../reader/authorized-fetch.ts';
import {
  type GetOptions,
  type TokenReader,
  type TokenUnavailableCode,
  TokenUnavailableError,
} from '../reader/token-reader.ts';
import { validityNeeded } from '../reader/validity-needed.ts';
import { isSendable } from '../shared/stored-token.ts';

export type { StoredToken } from '../shared/stored-token.ts';
export { fakeStoredToken } from './fake-stored-token.ts';

export interface FakeTokenReaderOptions {
  /**
   * The token to return. If it is a list, the reader returns the first token until it is rejected, then the next. The last
   * one stays. Default: `fake-token`.
   */
  readonly token?: string | readonly string[] | undefined;
  /** The code with which calls fail. Default: they succeed. See `FakeTokenReader.failWith`. */
  readonly failure?: TokenUnavailableCode | undefined;
  /** Sends the requests of `fetch`. Default: the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/** A call of the reader, with its arguments. */
export type TokenReaderCall =
  | { readonly method: 'get' | 'authorization'; readonly options: GetOptions | undefined }
  | { readonly method: 'fetch'; readonly url: string; readonly init: RequestInit | undefined }
  | { readonly method: 'reject'; readonly token: string };

export interface FakeTokenReader extends TokenReader {
  /** All calls, in order. */
  readonly calls: readonly TokenReaderCall[];
  /** The tokens that were rejected, by `reject` or by a 401 in `fetch`, in order. */
  readonly rejected: readonly string[];
  /** Returns the next token of the list from now on, as after a refresh. */
  nextToken(): void;
  /**
   * Makes calls fail with a `TokenUnavailableError` from now on: `reject` with `REPORT_FAILED` and `CONFIGURATION_INVALID`,
   * all others with any code except `REPORT_FAILED`. `undefined` ends it.
   */
  failWith(code: TokenUnavailableCode | undefined): void;
}

/**
 * A token reader for tests: it needs no AWS, no network, and no environment, and never waits. Its `fetch` authorizes
 * requests, and repeats them after a 401, like that of `createTokenReader`.
 * @throws TypeError if a token cannot be sent
 */
export function fakeTokenReader(options: FakeTokenReaderOptions = {}): FakeTokenReader {
  const tokens = [options.token ?? 'fake-token'].flat();
  const calls: TokenReaderCall[] = [];
  const rejected: string[] = [];
  let failure = options.failure;
  if (tokens.length === 0 || !tokens.every(isSendable))
    throw new TypeError('fakeTokenReader: every token must be visible ASCII, and there must be at least one');

  const current = (): string => tokens[0] as string;
  const nextToken = (): void => {
    if (tokens.length > 1) tokens.shift();
  };
  const get = async (asked?: GetOptions): Promise<string> => {
    validityNeeded(asked?.minimumValidity);
    if (failure !== undefined && failure !== 'REPORT_FAILED') throw unavailable(failure);
    return current();
  };
  const reject = async (token: string): Promise<void> => {
    rejected.push(token);
    if (failure === 'REPORT_FAILED' || failure === 'CONFIGURATION_INVALID') throw unavailable(failure);
    if (token === current()) nextToken();
  };
  const authorizedFetch = createAuthorizedFetch(
    options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
    get,
    async (token) => {
      await reject(token).catch(() => undefined);
      return current() === token ? undefined : current();
    },
  );
  return {
    calls,
    rejected,
    nextToken,
    failWith(code) {
      failure = code;
    },
    get(asked) {
      calls.push({ method: 'get', options: asked });
      return get(asked);
    },
    async authorization(asked) {
      calls.push({ method: 'authorization', options: asked });
      return `Bearer ${await get(asked)}`;
    },
    fetch(input, init) {
      // Only a `Request` has a URL of this name, of whatever class it is.
      const { url = String(input) } = input as Partial<Request>;
      calls.push({ method: 'fetch', url, init });
      return authorizedFetch(input, init);
    },
    async reject(token) {
      calls.push({ method: 'reject', token });
      if (typeof token !== 'string' || !isSendable(token))
        throw new TypeError('reject needs a token as returned by get()');
      await reject(token);
    },
  };
}

function unavailable(code: TokenUnavailableCode): TokenUnavailableError {
  return new TokenUnavailableError({ code, text: 'the test makes the reader fail.' });
}
