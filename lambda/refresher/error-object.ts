import { RefreshError } from '../shared/refresh-error.ts';
import { REGISTERED_ERRORS } from './endpoint-failure.ts';

/** Fields that show an error if they have a value. */
const ERROR_FIELDS = ['error', 'errors', 'errcode', 'errorCode'] as const;
/** Fields that show an error if they are `false`. */
const SUCCESS_FIELDS = ['ok', 'success'] as const;

/** Errors that reject the client, so the previous credentials may still work. */
const CLIENT_ERRORS: ReadonlySet<string> = new Set([
  'invalid_client',
  'unauthorized_client',
  'invalid_grant',
  'access_denied',
]);

/** The failure that an endpoint sent with a successful status, as Casdoor does; undefined if the body shows none. */
export function errorIn(
  body: Readonly<Record<string, unknown>>,
  status: number,
  tokenUrl: string,
): RefreshError | undefined {
  const field =
    ERROR_FIELDS.find((name) => hasValue(body[name])) ?? SUCCESS_FIELDS.find((name) => body[name] === false);
  if (field === undefined) return undefined;
  const { error } = body;
  const oauthError = typeof error === 'string' && REGISTERED_ERRORS.has(error) ? error : undefined;
  const details = { status, ...(oauthError === undefined ? {} : { oauthError }) };
  const isClientError = oauthError !== undefined && CLIENT_ERRORS.has(oauthError);
  return new RefreshError(
    isClientError ? 'CLIENT_REJECTED' : 'RESPONSE_INVALID',
    `${tokenUrl} answered HTTP ${status} with an error object instead of a token: ` +
      `its field "${field}" shows ${oauthError ?? 'an error without a registered code'}. ` +
      'Check the credentials, the scope, the extra parameters and the client authentication method.',
    details,
  );
}

/** Some endpoints send `error` without a value, or `errcode` 0, beside a token. */
function hasValue(value: unknown): boolean {
  return Boolean(value) && value !== '0' && !(Array.isArray(value) && value.length === 0);
}
