import type { SSMClient } from '@aws-sdk/client-ssm';
import { unixSeconds } from '../shared/clock.ts';
import { RefreshError } from '../shared/refresh-error.ts';
import type { RefreshResult } from '../shared/refresh-result.ts';
import type { StoredToken } from '../shared/stored-token.ts';
import { readClaim } from './claim.ts';
import { isHeldByAnother } from './claim-record.ts';
import type { Configuration } from './configuration.ts';
import type { Decision } from './decide.ts';
import { lookingAgain, type RefreshEvent } from './event.ts';
import { showsRevocation } from './former-token.ts';
import { mintClaimed } from './mint-claimed.ts';
import type { FallbackMemory, FallbackObservations, FallbackTools } from './mint-with-fallback.ts';
import { kept, versionOf } from './observe-stored.ts';
import { readAndDecide } from './read-and-decide.ts';
import type { UnstoredMemory } from './unstored-token.ts';
import { untilDeadline } from './until-deadline.ts';

/** What a run did, for the log and the metrics. Each step adds to it, so it covers failed runs, too. */
export interface RunObservations extends FallbackObservations {
  /** Unix time in seconds at which the stored token expires; 0 if there is no token. */
  expiresAt?: number;
  /** Version of the parameter, as the run first found it; 0 if it is missing. */
  version?: number;
  /** When the stored token was issued, and from which source. */
  origin?: Pick<StoredToken, 'issued_at' | 'source'>;
  /** Set if the endpoint granted a token that it had granted before: the stored one, or probably another one. */
  reused?: 'stored' | 'another';
  /** Whether a report of a rejected token caused the run. */
  isReport?: boolean;
  /** Whether a report shows that the endpoint revoked a token when it granted the next one. */
  formerTokenRevoked?: boolean;
}

/** What a warm container remembers from one run to the next. */
export type WarmMemory = FallbackMemory & UnstoredMemory;

export interface RefreshTools extends FallbackTools {
  readonly ssm: SSMClient;
  /** Writes minted tokens, with more attempts than `ssm`. */
  readonly tokenWriter: SSMClient;
  readonly memory: WarmMemory;
  readonly observations: RunObservations;
  /** Identifies this run. No other run has the same. */
  readonly runId: string;
}

/** Milliseconds until a run that cannot do without the claim looks again. */
const NEXT_LOOK_MS = 2_000;

/**
 * Makes one attempt, from the event to the stored token. Only one run mints at a time. If a step fails, the stored token stays
 * as it was.
 * @throws RefreshError with any code but `CONFIGURATION_INVALID` and `EVENT_INVALID`
 */
export async function refresh(
  cause: RefreshEvent,
  configuration: Configuration,
  tools: RefreshTools,
): Promise<RefreshResult> {
  const { ssm, clock, deadline, runId } = tools;
  const { parameterName } = configuration;
  let event = cause;
  for (;;) {
    const found = await readAndDecide(event, configuration, tools);
    const { stored, decision, unstored } = found;
    event = lookingAgain(event, versionOf(stored));
    if (decision.action === 'keep' && unstored === undefined) {
      await noticeRevocation(event, decision, configuration, tools);
      return kept(decision.reason, decision);
    }
    const before = await readClaim(ssm, parameterName, untilDeadline(tools));
    const wanted = { owner: runId, replaces: versionOf(stored), now: unixSeconds(clock.now()) };
    const ended = isHeldByAnother(before.record, wanted)
      ? // Stryker disable next-line StringLiteral: any text but 'token-changed' has the same effect
        'claimed-by-another'
      : await mintClaimed(event, found, before, configuration, tools);
    if (typeof ended === 'object') return ended;
    if (ended === 'token-changed') continue;
    // Another run's token is enough, unless an operator asked for a new one, or no token is stored.
    if (stored.state === 'token' && event.type !== 'force') return kept('being-replaced', stored);
    // The look itself needs time, too.
    if (clock.now() + 2 * NEXT_LOOK_MS > deadline) throw beingMinted(parameterName);
    await clock.sleep(NEXT_LOOK_MS);
  }
}

async function noticeRevocation(
  event: RefreshEvent,
  { reason, token, version }: Extract<Decision, { action: 'keep' }>,
  { parameterName }: Configuration,
  tools: RefreshTools,
): Promise<void> {
  const { ssm, clock, observations } = tools;
  if (event.type !== 'rejected' || reason !== 'already-replaced') return;
  // If this read fails, a later report will show it.
  const claim = await readClaim(ssm, parameterName, untilDeadline(tools)).catch(() => undefined);
  const stored = { state: 'token', token, version } as const;
  if (showsRevocation(event.fingerprint, claim?.record, stored, unixSeconds(clock.now())))
    observations.formerTokenRevoked = true;
}

function beingMinted(parameterName: string): RefreshError {
  return new RefreshError(
    'ENDPOINT_UNAVAILABLE',
    `another run is minting a token for parameter ${parameterName} and has not stored one yet. The next check tries again. ` +
      "If this lasts, see the other run's log.",
    { reason: 'BEING_MINTED' },
  );
}
