import type { SSMClient } from '@aws-sdk/client-ssm';
import { readStored } from '../../lambda/refresher/store.ts';
import { RefreshError } from '../../lambda/shared/refresh-error.ts';
import type { StoredToken } from '../../lambda/shared/stored-token.ts';
import { CliError } from '../cli-error.ts';
import type { Refresher } from '../deployed/refreshers-of-stack.ts';

/**
 * The stored token, or why there is no usable one. `now` is in Unix seconds.
 * @throws CliError if the user may not decrypt the parameter
 */
export async function readUsableToken(
  ssm: SSMClient,
  { parameterName }: Refresher,
  now: number,
): Promise<{ readonly token: StoredToken; readonly version: number } | { readonly problem: string }> {
  const stored = await readStored(ssm, parameterName).catch((error: unknown) => {
    if (!(error instanceof RefreshError) || error.details.reason !== 'AccessDeniedException') throw error;
    throw new CliError(
      `no permission to decrypt the token in ${parameterName}. Add the ARN of your role to the refresher's ` +
        'readers and deploy. The status command works without this permission',
    );
  });
  switch (stored.state) {
    case 'missing':
      return { problem: `parameter ${parameterName} does not exist` };
    case 'unreadable':
      return { problem: `parameter ${parameterName} holds a damaged record` };
    case 'foreign':
      return { problem: `parameter ${parameterName} holds ${stored.found}` };
    case 'token':
      if (stored.token.expires_at <= now) return { problem: `the token in ${parameterName} has expired` };
      return { token: stored.token, version: stored.version };
  }
}
