import type { RefreshErrorCode } from '../../lambda/shared/refresh-error.ts';
import { oauthError, type PlainAnswer } from './token-endpoint.ts';

/** How a token endpoint rejects credentials that it does not know, or a request. */
export interface Refusal {
  readonly kind: string;
  readonly answer: PlainAnswer;
  readonly code: RefreshErrorCode;
  /** What the message shows of the answer. */
  readonly shown: string;
}

const html = '<!DOCTYPE html><title>Sign in</title>';
const json = (status: number, body: object): PlainAnswer => ({ status, body });
const page = (status: number): PlainAnswer => ({
  status,
  headers: { 'content-type': 'text/html' },
  body: html,
});

const refusal = (kind: string, answer: PlainAnswer, code: RefreshErrorCode, shown: string): Refusal => ({
  kind,
  answer,
  code,
  shown: `HTTP ${answer.status} ${shown}`,
});

const rejected = (kind: string, answer: PlainAnswer, shown: string) =>
  refusal(kind, answer, 'CLIENT_REJECTED', shown);
const refused = (kind: string, answer: PlainAnswer, shown: string) =>
  refusal(kind, answer, 'REQUEST_REJECTED', shown);

/** Answers to a wrong secret. After each, the previous version of the secret is tried. */
export const REFUSALS_OF_SECRET: readonly Refusal[] = [
  rejected('401 invalid_client (RFC 6749)', oauthError(401, 'invalid_client'), 'invalid_client'),
  rejected('401 access_denied (Auth0)', oauthError(401, 'access_denied'), 'access_denied'),
  rejected('401 without a body', { status: 401 }, 'with empty text'),
  rejected('401 with a JSON message (API Gateway)', json(401, { message: 'no' }), 'with a JSON object'),
  rejected('401 with an HTML page', page(401), 'with HTML'),
  rejected('401 with plain text', { status: 401, body: 'Unauthorized' }, 'with plain text'),
  rejected(
    '401 with a list of errors (FedEx)',
    json(401, { errors: [{ code: 'NOT.AUTHORIZED.ERROR' }] }),
    'with a JSON object',
  ),
  rejected('401 with an error of no registry', oauthError(401, 'unauthorized'), 'with a JSON object'),
  rejected('401 invalid_scope', oauthError(401, 'invalid_scope'), 'invalid_scope'),
  rejected('400 invalid_client (Zoom)', oauthError(400, 'invalid_client'), 'invalid_client'),
  rejected('400 invalid_grant', oauthError(400, 'invalid_grant'), 'invalid_grant'),
  rejected(
    '400 unauthorized_client (Entra ID)',
    oauthError(400, 'unauthorized_client'),
    'unauthorized_client',
  ),
  rejected('400 access_denied', oauthError(400, 'access_denied'), 'access_denied'),
  rejected('400 with an error object', json(400, { error: { code: 'invalid_client' } }), 'invalid_client'),
  rejected('400 with the error as errorCode', json(400, { errorCode: 'invalid_client' }), 'invalid_client'),
  rejected(
    '400 with a byte order mark',
    { status: 400, body: '\uFEFF{"error":"invalid_client"}' },
    'invalid_client',
  ),
  rejected(
    '200 invalid_client (Casdoor)',
    oauthError(200, 'invalid_client'),
    'with an error object instead of a token: its field "error" shows invalid_client',
  ),
  rejected(
    '201 access_denied',
    oauthError(201, 'access_denied'),
    'with an error object instead of a token: its field "error" shows access_denied',
  ),
  rejected('403 invalid_client', oauthError(403, 'invalid_client'), 'invalid_client'),
  rejected('403 access_denied', oauthError(403, 'access_denied'), 'access_denied'),
  refused('403 without a body', { status: 403 }, 'with empty text'),
  refused('403 with a JSON message (API Gateway)', json(403, { message: 'Forbidden' }), 'with a JSON object'),
  refused('403 with an HTML page', page(403), 'with HTML'),
];

/** Answers that say nothing about the secret. The previous version is not tried. */
export const REFUSALS_OF_REQUEST: readonly Refusal[] = [
  refused('400 invalid_scope', oauthError(400, 'invalid_scope'), 'invalid_scope'),
  refused('400 invalid_request', oauthError(400, 'invalid_request'), 'invalid_request'),
  refused('400 unsupported_grant_type', oauthError(400, 'unsupported_grant_type'), 'unsupported_grant_type'),
  refused('400 with a JSON message', json(400, { message: 'no' }), 'with a JSON object'),
  refused('400 with an error object', json(400, { error: { code: 'invalid_scope' } }), 'invalid_scope'),
  refused('400 with a JSON array', { status: 400, body: '[]' }, 'with a JSON array'),
  refused('403 invalid_scope', oauthError(403, 'invalid_scope'), 'invalid_scope'),
  refused('404 with an HTML page', page(404), 'with HTML'),
  refusal(
    '200 with an error of no registry (Slack)',
    json(200, { ok: false, error: 'invalid_client_id' }),
    'RESPONSE_INVALID',
    'with an error object instead of a token: its field "error" shows an error without a registered code',
  ),
  refusal(
    '200 invalid_scope',
    oauthError(200, 'invalid_scope'),
    'RESPONSE_INVALID',
    'with an error object instead of a token: its field "error" shows invalid_scope',
  ),
  refused('404 invalid_client', oauthError(404, 'invalid_client'), 'invalid_client'),
  refused('415 without a body', { status: 415 }, 'with empty text'),
];
