import type { StoredToken } from '../shared/stored-token.ts';
import { SECOND_LOOK_MS } from '../shared/time-budget.ts';
import type { RefreshTools } from './refresh.ts';
import { readStored, type WrittenParameter, writeToken } from './store.ts';

/** A token, and the version of the parameter that holds it. */
export interface WrittenToken {
  readonly token: StoredToken;
  readonly version: number;
}

/**
 * Stores a newer token again if the written one has replaced it, and returns it. If the answer to a write is lost, the write is
 * sent again, and another run may store its token between the two. `firstVersion` is the first version that the write may have.
 * @throws RefreshError as `writeToken` does
 */
export async function restoreNewer(
  { token, version }: WrittenToken,
  firstVersion: number,
  parameter: WrittenParameter,
  tools: RefreshTools,
): Promise<WrittenToken | undefined> {
  const abortSignal = tools.clock.timeout(SECOND_LOOK_MS);
  let isWritten = false;
  let newer: StoredToken | undefined;
  // Stryker disable next-line EqualityOperator: the last version holds the token itself
  for (let former = firstVersion; former < version; former += 1) {
    const stored = await readStored(tools.ssm, `${parameter.name}:${former}`, { abortSignal }).catch(
      () => undefined,
    );
    if (stored?.state !== 'token') continue;
    // A token before the first of the two writes is the late write of an older mint. So is one that was issued earlier.
    if (stored.token.access_token === token.access_token) isWritten = true;
    else if (isWritten && stored.token.issued_at >= token.issued_at) newer = stored.token;
  }
  if (newer === undefined) return undefined;
  // If the write fails, or could end after the run, the next run in this container tries again.
  tools.memory.unstored = { token: newer, reason: 'expiring', source: newer.source, replaces: version };
  if (tools.clock.now() > tools.deadline + SECOND_LOOK_MS) return undefined;
  const restored = await writeToken(tools, { ...parameter, isMissing: false }, newer);
  delete tools.memory.unstored;
  return { token: newer, version: restored };
}
