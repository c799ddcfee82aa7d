import * as oauth from 'oauth4webapi';
import type { Clock } from '../shared/clock.ts';
import type { Configuration } from './configuration.ts';
import type { ClientCredentials } from './parse-credentials.ts';

/** Largest accepted token response, in bytes: eight times the largest record that can be stored. */
export const MAX_RESPONSE_BYTES = 64 * 1024;

/** Without a charset, which the library would add: some servers answer it with 415. */
const CONTENT_TYPE = 'application/x-www-form-urlencoded';

/** Whether an answer with this status may grant a token. */
export const mayGrant = (status: number): boolean => status === 200 || status === 201;

/** The token endpoint's answer. If its status may grant a token, its body was read to the end. */
export type TokenAnswer =
  | { readonly type: 'answer'; readonly status: number; readonly headers: Headers; readonly body: string }
  | UnreadAnswer;

/** An answer that did not arrive, or whose body cannot be read. */
type UnreadAnswer =
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
  const unreachable = (error: unknown): UnreadAnswer => ({
    type: 'unreachable',
    reason: signal.aborted ? 'TIMEOUT' : networkErrorCode(error),
  });
  let response: Response;
  try {
    response = await oauth.clientCredentialsGrantRequest(
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
  } catch (error) {
    return unreachable(error);
  }
  const { status, headers } = response;
  const { body, problem } = await readBounded(response, unreachable);
  // The status of a refusal counts, even if its body is too large, too slow, or cut off.
  return problem !== undefined && mayGrant(status) ? problem : { type: 'answer', status, headers, body };
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

/** The body as text, as far as it could be read. The limit applies to the decompressed body. */
async function readBounded(
  response: Response,
  unreachable: (error: unknown) => UnreadAnswer,
): Promise<{ readonly body: string; readonly problem?: UnreadAnswer }> {
  const chunks: Uint8Array[] = [];
  const read = () => Buffer.concat(chunks).toString('utf8');
  let size = 0;
  try {
    for await (const chunk of response.body ?? []) {
      chunks.push(chunk);
      size += chunk.byteLength;
      if (size > MAX_RESPONSE_BYTES) return { body: read(), problem: { type: 'too-large' } };
    }
  } catch (error) {
    return { body: read(), problem: unreachable(error) };
  }
  return { body: read() };
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
