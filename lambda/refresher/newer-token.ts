import type { SSMClient } from '@aws-sdk/client-ssm';
import { type Clock, unixSeconds } from '../shared/clock.ts';
import type { Stored, StoredToken } from '../shared/stored-token.ts';
import { SECOND_LOOK_MS } from '../shared/time-budget.ts';
import type { Configuration } from './configuration.ts';
import { isDue } from './decide.ts';
import { isSameToken } from './same-token.ts';
import { readStored } from './store.ts';

/**
 * Looks at the parameter again before a minted token is written. Returns the stored token if another run has written it in the
 * meantime, and it is the same token or was minted at the same time or later. Runs overlap when Lambda delivers an event late or twice.
 *
 * The newest mint wins, even from another source, because an endpoint may revoke a token when it grants the next one. The next
 * check replaces a token from another source. If this read fails, the minted token is still worth storing.
 */
export async function findNewerToken(
  minted: StoredToken,
  before: Stored,
  configuration: Configuration,
  { ssm, clock }: { readonly ssm: SSMClient; readonly clock: Clock },
): Promise<Extract<Stored, { state: 'token' }> | undefined> {
  const stored = await readStored(ssm, configuration.parameterName, clock.timeout(SECOND_LOOK_MS)).catch(
    () => undefined,
  );
  if (stored?.state !== 'token') return undefined;
  if (before.state === 'token' && before.version === stored.version) return undefined;
  const isSame = isSameToken(stored.token.access_token, minted.access_token);
  if (stored.token.issued_at < minted.issued_at && !isSame) return undefined;
  return isDue(stored.token, unixSeconds(clock.now()), configuration) ? undefined : stored;
}
