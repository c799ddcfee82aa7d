import { abortable } from './abortable.ts';
import type { GetOptions } from './token-cache.ts';

export interface AuthorizedFetchTools {
  readonly fetch: typeof globalThis.fetch;
  readonly get: (options?: GetOptions) => Promise<string>;
  /** Another token than the refused one, or undefined where none came in time. */
  readonly findReplacement: (refused: string) => Promise<string | undefined>;
}

/** A fetch that authorizes each request, and repeats one that was refused with a replaced token, once. */
export function createAuthorizedFetch(tools: AuthorizedFetchTools): typeof globalThis.fetch {
  return async (input, init) => {
    const headers = new Headers(init?.headers ?? (input instanceof Request ? input.headers : undefined));
    if (headers.has('authorization')) {
      throw new TypeError(
        'the request has an Authorization header of its own; leave it out, or send the request with the global fetch',
      );
    }
    const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined);
    const repeatable = canBeSentAgain(init?.body ?? (input instanceof Request ? input.body : null));
    const send = (token: string): Promise<Response> => {
      headers.set('authorization', `Bearer ${token}`);
      return tools.fetch(input, { ...init, headers });
    };

    const token = await tools.get(signal && { signal });
    const response = await send(token);
    if (response.status !== 401 || isFromElsewhere(response, input)) return response;
    const replacement = await abortable(tools.findReplacement(token), signal);
    if (replacement === undefined || !repeatable) return response;
    // It may have broken off while the replacement was awaited, or never end.
    void response.body?.cancel().catch(() => undefined);
    return send(replacement);
  };
}

/** Whether a body is at hand as a whole. A stream is gone once it was sent, and so is the body of a `Request`. */
function canBeSentAgain(body: unknown): boolean {
  return (
    body === null ||
    typeof body === 'string' ||
    body instanceof URLSearchParams ||
    body instanceof FormData ||
    body instanceof Blob ||
    body instanceof ArrayBuffer ||
    ArrayBuffer.isView(body)
  );
}

/**
 * Whether a redirect led to another origin. The header does not go there, so what it answers says nothing about the
 * token. Source: https://fetch.spec.whatwg.org/#http-redirect-fetch
 */
function isFromElsewhere(response: Response, input: string | URL | Request): boolean {
  if (!response.redirected) return false;
  const requested = new URL(input instanceof Request ? input.url : input);
  return new URL(response.url).origin !== requested.origin;
}
