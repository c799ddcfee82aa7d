import { createHash } from 'node:crypto';
import { GetParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { Context, LambdaFunctionURLEvent } from 'aws-lambda';
import { PATHS, type ServerState, STATE_PARAMETER } from './state.ts';
import { isActive, isEqual, issueToken } from './tokens.ts';

/** The part of a function URL's event that the server uses. */
export type ServerRequest = Pick<LambdaFunctionURLEvent, 'rawPath' | 'headers' | 'isBase64Encoded'> & {
  readonly body?: string | undefined;
  readonly requestContext: { readonly http: { readonly method: string } };
};

export interface ServerResponse {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

const ssm = new SSMClient({});
const { [STATE_PARAMETER]: Name } = process.env;

/**
 * An authorization server for one client, with the client-credentials grant (RFC 6749 section 4.4), and an API that
 * accepts its tokens. It logs nothing.
 */
export async function handler(
  request: ServerRequest,
  context: Pick<Context, 'getRemainingTimeInMillis'>,
): Promise<ServerResponse> {
  const now = Math.floor(Date.now() / 1_000);
  const route = `${request.requestContext.http.method} ${request.rawPath}`;
  if (route === `POST ${PATHS.token}`) return answerTokenRequest(request, await readState(), now);
  if (route === `GET ${PATHS.api}`) return answerApiCall(request, await readState(), now);
  if (route === `GET ${PATHS.runtime}`) {
    return json(200, { node: process.version, remaining: context.getRemainingTimeInMillis() });
  }
  return json(404, { error: 'not_found' });
}

/** Read for each request, so that a change takes effect at once. */
async function readState(): Promise<ServerState> {
  const { Parameter: parameter } = await ssm.send(new GetParameterCommand({ Name, WithDecryption: true }));
  return JSON.parse(parameter?.Value ?? '') as ServerState;
}

function answerTokenRequest(request: ServerRequest, state: ServerState, now: number): ServerResponse {
  if (state.mode === 'limit') return json(429, { error: 'temporarily_unavailable' }, { 'retry-after': '5' });
  const { body = '', isBase64Encoded } = request;
  const form = new URLSearchParams(isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body);
  if (state.mode === 'refuse' || !isClient(form, state)) return json(401, { error: 'invalid_client' });
  if (form.get('grant_type') !== 'client_credentials') return json(400, { error: 'unsupported_grant_type' });
  return json(200, {
    access_token: issueToken(state, now),
    token_type: 'Bearer',
    expires_in: state.tokenLifetime,
  });
}

function isClient(form: URLSearchParams, { clientId, clientSecretHash }: ServerState): boolean {
  const hash = createHash('sha256')
    .update(form.get('client_secret') ?? '')
    .digest('hex');
  return form.get('client_id') === clientId && isEqual(hash, clientSecretHash);
}

function answerApiCall({ headers }: ServerRequest, state: ServerState, now: number): ServerResponse {
  const token = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
  if (token !== undefined && isActive(token, state, now)) return json(200, { trips: [] });
  return json(401, { error: 'invalid_token' }, { 'www-authenticate': 'Bearer error="invalid_token"' });
}

function json(statusCode: number, body: object, headers: Record<string, string> = {}): ServerResponse {
  return {
    statusCode,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  };
}
