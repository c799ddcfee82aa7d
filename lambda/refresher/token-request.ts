import * as oauth from 'oauth4webapi';
import type { Clock } from '../shared/clock.ts';
import type { Configuration } from './configuration.ts';
import type { ClientCredentials } from './parse-credentials.ts';

/** Largest accepted token response, in bytes: eight times the largest record that can be stored. */
export const MAX_RESPONSE_BYTES = 64 * 1024;

/** Without a charset, which the library would add: some servers answer it with 415. */
const CONTENT_TYPE = 'application/x-www-form-urlencoded';

/** The token endpoint's answer, its body read to the end. */
export type TokenAnswer =
  | { readonly type: 'answer'; readonly status: number; readonly headers: Headers; readonly body: string }
  | { readonly type: 'too-large' }
  | { readonly type: 'unreachable'; readonly reason: string };

/** Sends one client-credentials request (RFC 6749 section 4.4.2). Network errors are returned, not thrown. */
export async function requestToken(
  configuration: Configuration,
  credentials: ClientCredentials,
  {
    clock,
    fetch,
    timeout,
  }: { readonly clock: Clock; readonly fetch: typeof globalThis.fetch; readonly timeout: number },
): Promise<TokenAnswer> {
  const signal = clock.timeout(timeout);
  const parameters = new URLSearchParams(configuration.extraParameters);
  if (configuration.scope !== undefined) parameters.set('scope', configuration.scope);
  try {
    const response = await oauth.clientCredentialsGrantRequest(
      { issuer: new URL(configuration.tokenUrl).origin, token_endpoint: configuration.tokenUrl },
      { client_id: credentials.clientId },
      configuration.clientAuthentication === 'client_secret_basic'
        ? clientSecretBasic(credentials)
        : oauth.ClientSecretPost(credentials.clientSecret),
      parameters,
      {
        signal,
        // Never follow a redirect: the form holds the client secret.
        [oauth.customFetch]: (url, { headers, ...init }) =>
          fetch(url, {
            ...init,
            headers: { ...headers, 'content-type': CONTENT_TYPE },
            redirect: 'manual',
            signal,
          } as RequestInit),
        // The configuration allows plain http only for a loopback host.
        [oauth.allowInsecureRequests]: true,
      },
    );
    const body = await readBounded(response);
    if (body === undefined) return { type: 'too-large' };
    return { type: 'answer', status: response.status, headers: response.headers, body };
  } catch (error) {
    return { type: 'unreachable', reason: signal.aborted ? 'TIMEOUT' : networkErrorCode(error) };
  }
}

/**
 * Basic authentication with form-encoded credentials (RFC 6749 section 2.3.1). The library also escapes `-`, `_` and `.`, which
 * breaks UUIDs and base64url at servers that do not decode.
 */
function clientSecretBasic({ clientId, clientSecret }: ClientCredentials): oauth.ClientAuth {
  const encode = (value: string) => encodeURIComponent(value.toWellFormed()).replaceAll('%20', '+');
  const basic = Buffer.from(`${encode(clientId)}:${encode(clientSecret)}`).toString('base64');
  return (_server, _client, _form, headers) => headers.set('authorization', `Basic ${basic}`);
}

/** The body as text, or undefined if it is larger than allowed. The limit applies to the decompressed body. */
async function readBounded(response: Response): Promise<string | undefined> {
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.byteLength;
    if (size > MAX_RESPONSE_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** The error code of the system or the HTTP client, such as `ECONNREFUSED` or `DEPTH_ZERO_SELF_SIGNED_CERT`. */
export function networkErrorCode(error: unknown): string {
  for (
    let current = error, depth = 0;
    current instanceof Error && depth < 5;
    current = current.cause, depth += 1
  ) {
    const code = String((current as NodeJS.ErrnoException).code);
    if (/^[A-Z][A-Z0-9_]{2,60}$/.test(code)) return code;
  }
  return 'NETWORK_ERROR';
}
