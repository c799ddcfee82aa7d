import { RefreshError } from '../shared/refresh-error.ts';
import { CLIENT_ERRORS, registeredErrorIn } from './endpoint-failure.ts';

/** Fields that show an error if they have a value. */
const ERROR_FIELDS = ['error', 'errors', 'errcode', 'errorCode'] as const;
/** Fields that show an error if they are `false`. */
const SUCCESS_FIELDS = ['ok', 'success'] as const;

/** The failure that an endpoint sent with a successful status, as Casdoor does; undefined if the body shows none. */
export function errorIn(
  body: Readonly<Record<string, unknown>>,
  status: number,
  tokenUrl: string,
): RefreshError | undefined {
  const field =
    ERROR_FIELDS.find((name) => hasValue(body[name])) ?? SUCCESS_FIELDS.find((name) => body[name] === false);
  if (field === undefined) return undefined;
  const oauthError = registeredErrorIn(body);
  const details = { status, ...(oauthError === undefined ? {} : { oauthError }) };
  return new RefreshError(
    CLIENT_ERRORS.has(oauthError) ? 'CLIENT_REJECTED' : 'RESPONSE_INVALID',
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
