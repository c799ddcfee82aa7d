import { abortable } from './abortable.ts';
import type { GetOptions } from './token-reader.ts';

/**
 * A `fetch` that authorizes each request and, after a 401, sends it once more with another token. `findReplacement`
 * returns that token, or undefined if none arrives in time.
 */
export function createAuthorizedFetch(
  fetch: typeof globalThis.fetch,
  getToken: (options?: GetOptions) => Promise<string>,
  findReplacement: (rejected: string) => Promise<string | undefined>,
): typeof globalThis.fetch {
  return async (input, init) => {
    const request = input instanceof Request ? input : undefined;
    const headers = new Headers(init?.headers ?? request?.headers);
    if (headers.has('authorization')) {
      throw new TypeError(
        'the request already has an Authorization header. Remove it, or send the request with the global fetch.',
      );
    }
    const signal = init?.signal ?? request?.signal;
    const repeatable = isRepeatable(init?.body ?? request?.body ?? null);
    const send = (token: string): Promise<Response> => {
      headers.set('authorization', `Bearer ${token}`);
      return fetch(input, { ...init, headers });
    };

    const token = await getToken(signal && { signal });
    const response = await send(token);
    if (response.status !== 401 || isFromOtherOrigin(response, input)) return response;
    const replacement = await abortable(findReplacement(token), signal);
    if (replacement === undefined || !repeatable) return response;
    // Not awaited: the body may have failed during the search, or never end.
    void response.body?.cancel().catch(() => undefined);
    return send(replacement);
  };
}

/** Whether a body can be sent twice. A stream, or the body of a `Request`, is used up after the first time. */
function isRepeatable(body: unknown): boolean {
  const repeatable = [URLSearchParams, FormData, Blob, ArrayBuffer];
  if (body === null || typeof body === 'string' || ArrayBuffer.isView(body)) return true;
  return repeatable.some((type) => body instanceof type);
}

/**
 * Whether a redirect led to another origin. `fetch` does not send the header there, so a 401 says nothing about the
 * token. Source: https://fetch.spec.whatwg.org/#http-redirect-fetch
 */
function isFromOtherOrigin(response: Response, input: string | URL | Request): boolean {
  if (!response.redirected) return false;
  const requested = new URL(input instanceof Request ? input.url : input);
  return new URL(response.url).origin !== requested.origin;
}
