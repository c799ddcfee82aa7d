import type { SSMClient } from '@aws-sdk/client-ssm';
import { readStored } from '../../lambda/refresher/store.ts';
import { RefreshError } from '../../lambda/shared/refresh-error.ts';
import type { StoredToken } from '../../lambda/shared/stored-token.ts';
import type { Refresher } from '../deployed/refreshers-of-stack.ts';
import { Unable } from '../unable.ts';

/**
 * The token that consumers read, or why there is none that they could use. `now` is in Unix seconds.
 * @throws Unable where it may not be decrypted
 */
export async function readUsableToken(
  ssm: SSMClient,
  { parameterName }: Refresher,
  now: number,
): Promise<{ readonly token: StoredToken; readonly version: number } | { readonly problem: string }> {
  const stored = await readStored(ssm, parameterName).catch((error: unknown) => {
    if (!(error instanceof RefreshError) || error.details.reason !== 'AccessDeniedException') throw error;
    throw new Unable(
      `the token in ${parameterName} may not be decrypted with these credentials. The policy of its key names who may: add the ` +
        "ARN of your role to the refresher's readers and deploy. status tells about the token without that",
    );
  });
  switch (stored.state) {
    case 'missing':
      return { problem: `parameter ${parameterName} is not there` };
    case 'unreadable':
      return { problem: `parameter ${parameterName} holds a damaged record` };
    case 'foreign':
      return { problem: `parameter ${parameterName} holds ${stored.found}` };
    case 'token':
      if (stored.token.expires_at <= now) return { problem: `the token in ${parameterName} has expired` };
      return { token: stored.token, version: stored.version };
  }
}
