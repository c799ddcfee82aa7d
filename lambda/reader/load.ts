import { parseStored, type StoredToken } from '../shared/stored-token.ts';
import type { TokenUnavailableCode, Unavailability } from './token-unavailable-error.ts';

/** What one read of the parameter came to. */
export type Loaded =
  | { readonly type: 'token'; readonly token: StoredToken }
  | {
      readonly type: 'failure';
      readonly failure: Unavailability;
      /** Why the same read may succeed in a moment, where it may. */
      readonly passing?: 'throttled' | 'failing';
    };

/** One read of the parameter. Never rejects. */
export type Load = () => Promise<Loaded>;

/** The token in a parameter as AWS and its Lambda extension show it, or why what stands there is none. */
export function tokenIn(
  parameter: { readonly Type?: string | undefined; readonly Value?: string | undefined } | undefined,
  parameterName: string,
): Loaded {
  const { Type: type = 'value', Value: value = '' } = parameter ?? {};
  // No reader needs the parameter's version: the record itself tells which token is the later one.
  const stored = type === 'SecureString' ? parseStored(value, 0) : undefined;
  if (stored?.state === 'token') return { type: 'token', token: stored.token };
  if (stored?.state === 'unreadable') {
    return unusable(
      'RECORD_UNREADABLE',
      `parameter ${parameterName} holds a token record with damaged fields. The refresher replaces it with its ` +
        'next check; find out what else writes to this parameter.',
    );
  }
  const found = stored?.state === 'foreign' ? stored.found : `a ${type} instead of a SecureString`;
  return unusable(
    'PARAMETER_OCCUPIED',
    `parameter ${parameterName} holds ${found}, not a token record. Set parameterName to the refresher's parameter.`,
  );
}

export function missing(parameterName: string): Loaded {
  return unusable(
    'PARAMETER_NOT_FOUND',
    `parameter ${parameterName} does not exist in this account and region. The refresher writes it with its first ` +
      "token: check the refresher's last run, and that parameterName is its parameter.",
  );
}

function unusable(code: TokenUnavailableCode, text: string): Loaded {
  return { type: 'failure', failure: { code, text } };
}
