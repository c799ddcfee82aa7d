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
    // A string and a URL have no such fields. A `Request` of any class has them, also that of a package such as undici.
    const request = input as Partial<Request>;
    const options = fieldsOf(init ?? {});
    const headers = new Headers(options.headers ?? request.headers);
    if (headers.has('authorization')) {
      throw new TypeError(
        'the request already has an Authorization header. Remove it, or send the request with the global fetch.',
      );
    }
    const signal = (options.signal === undefined ? request.signal : options.signal) ?? undefined;
    const repeatable = isRepeatable(options.body ?? request.body ?? null);
    const send = (token: string): Promise<Response> => {
      const authorized = new Headers(headers);
      authorized.set('authorization', `Bearer ${token}`);
      return fetch(input, { ...options, headers: authorized });
    };

    const token = await getToken(signal && { signal });
    const response = await send(token);
    if (response.status !== 401 || isFromOtherOrigin(response, request.url ?? String(input))) return response;
    const replacement = await abortable(findReplacement(token), signal);
    if (replacement === undefined || !repeatable) return response;
    // Not awaited: the body may have failed during the search, or never end.
    // The answers of other packages, such as node-fetch, have bodies without `cancel`.
    void response.body?.cancel?.().catch(() => undefined);
    return send(replacement);
  };
}

/** Source: https://fetch.spec.whatwg.org/#requestinit. `dispatcher` is an extension of Node.js. */
const FIELDS = [
  ...['method', 'headers', 'body', 'referrer', 'referrerPolicy', 'mode', 'credentials', 'cache', 'redirect'],
  ...['integrity', 'keepalive', 'signal', 'duplex', 'priority', 'window', 'dispatcher'],
];

/** The fields that `fetch` reads. A spread leaves out inherited ones, and those of a `Request` are inherited. */
function fieldsOf(init: RequestInit): RequestInit {
  const read = FIELDS.filter((name) => name in init).map((name) => [name, init[name as keyof RequestInit]]);
  return { ...init, ...Object.fromEntries(read) };
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
function isFromOtherOrigin(response: Response, requested: string): boolean {
  return response.redirected && originOf(response.url) !== originOf(requested);
}

function originOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).origin : undefined;
}
