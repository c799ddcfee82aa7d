import { unixSeconds } from '../shared/clock.ts';
import type { RefreshResult } from '../shared/refresh-result.ts';
import type { Stored } from '../shared/stored-token.ts';
import { SECOND_LOOK_MS } from '../shared/time-budget.ts';
import type { ClaimRecord } from './claim-record.ts';
import type { Configuration } from './configuration.ts';
import { isDue, occupied } from './decide.ts';
import { kept, observe, versionOf } from './observe-stored.ts';
import type { RefreshTools } from './refresh.ts';
import { restoreNewer } from './restore-newer.ts';
import { assertFits, readStored, writeToken } from './store.ts';
import type { Minted } from './unstored-token.ts';

/**
 * Stores a minted token, unless another run has stored a newer one. If the write fails, the next run in this container tries
 * again. `before` is what this run found stored after it took the claim.
 * @throws RefreshError `TOKEN_TOO_LARGE`, `STORE_UNAVAILABLE`, `PARAMETER_OCCUPIED`
 */
export async function storeMinted(
  minted: Minted,
  before: Stored,
  claim: ClaimRecord,
  configuration: Configuration,
  tools: RefreshTools,
): Promise<RefreshResult> {
  const { token, reason } = minted;
  const {
    parameterName: name,
    parameterKeyId: keyId,
    parameterTier: tier,
    parameterTags: tags,
  } = configuration;
  const { memory, observations } = tools;
  assertFits(token, name);
  memory.unstored = { ...minted, replaces: versionOf(before) };
  const newer = await findNewer(before, claim, configuration, tools);
  if (newer !== undefined) {
    delete memory.unstored;
    observe(newer.token, observations);
    return kept('already-replaced', newer);
  }
  const parameter = { name, keyId, tier, tags, isMissing: before.state === 'missing' };
  const version = await writeToken(tools, parameter, token);
  delete memory.unstored;
  const restored = await restoreNewer({ token, version }, versionOf(before) + 1, parameter, tools);
  observe(restored?.token ?? token, observations);
  if (restored !== undefined) return kept('already-replaced', restored);
  return { outcome: 'minted', reason, expires_at: token.expires_at, parameter_version: version };
}

/**
 * Looks at the parameter once more. If this run's claim has expired, another run may have stored a newer token. While the
 * claim lasts, another token can only be the late write of an older mint. If this look fails, the minted token is still
 * worth storing.
 * @throws RefreshError `PARAMETER_OCCUPIED` if somebody else has stored a value since
 */
async function findNewer(
  before: Stored,
  claim: ClaimRecord,
  configuration: Configuration,
  { ssm, clock }: RefreshTools,
): Promise<Extract<Stored, { state: 'token' }> | undefined> {
  const { parameterName } = configuration;
  const abortSignal = clock.timeout(SECOND_LOOK_MS);
  const stored = await readStored(ssm, parameterName, { abortSignal }).catch(() => undefined);
  if (stored?.state === 'foreign' && before.state !== 'foreign') throw occupied(parameterName, stored);
  if (stored?.state !== 'token' || stored.version === versionOf(before)) return undefined;
  const now = unixSeconds(clock.now());
  const hasClaim = now < claim.expires_at;
  return hasClaim || isDue(stored.token, now, configuration) ? undefined : stored;
}
