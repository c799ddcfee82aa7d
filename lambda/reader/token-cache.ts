import { createHeldToken } from './held-token.ts';
import type { Load } from './load-parameter.ts';
import { createReload } from './reload.ts';
import { createReloadSchedule } from './reload-schedule.ts';
import type { Seams } from './seams.ts';
import type { GetOptions } from './token-reader.ts';
import { TokenUnavailableError, type Unavailability } from './token-unavailable-error.ts';
import { validityNeeded } from './validity-needed.ts';

export type TokenCache = ReturnType<typeof createTokenCache>;

/**
 * Answers reads from one token in memory.
 * @throws TypeError if `minimumValidity` is not a number of seconds, 0 or more
 */
export function createTokenCache(
  parameterName: string,
  load: Load,
  minimumValidity: number | undefined,
  seams: Seams,
) {
  const { now } = seams;
  const usual = validityNeeded(minimumValidity);
  const held = createHeldToken(now);
  /** Reads without options share it until a Unix time in milliseconds: a promise for each read costs more. */
  let shared: { readonly token: Promise<string>; readonly until: number } | undefined;

  function planSharedReads(): void {
    const { record } = held;
    if (record === undefined || held.isRejected()) {
      shared = undefined;
      return;
    }
    const until = Math.min(schedule.nextLookAt(), (record.expires_at - usual.preferred) * 1_000);
    shared = { token: Promise.resolve(record.access_token), until };
  }
  const schedule = createReloadSchedule(held, usual, planSharedReads, seams);
  const reload = createReload(load, held, schedule, seams);

  const serve = async ({ minimumValidity: asked, signal }: GetOptions): Promise<string> => {
    const { required, preferred } = asked === undefined ? usual : validityNeeded(asked);
    if (!held.isRejected() && schedule.succession.isSuspect()) await reload.lookForSuccessor(signal);
    const good = held.isRejected() ? undefined : held.validForMoreThan(preferred);
    if (good !== undefined) {
      // Nobody waits for this load. If Lambda freezes the container during it, a later read decides again.
      if (schedule.isLookDue(required)) void reload.start();
      return good;
    }
    if (held.validity() > required) await reload.lookForBetter(required, signal);
    else await reload.waitForToken(required, signal);
    const token = held.validForMoreThan(required);
    if (token !== undefined) return token;
    throw new TokenUnavailableError(reload.failure() ?? notValid(parameterName, held.validity(), required));
  };
  return {
    /** @throws TokenUnavailableError if no token is valid for long enough */
    get(asked?: GetOptions): Promise<string> {
      if (asked === undefined && shared !== undefined && now() < shared.until) return shared.token;
      return serve(asked ?? {});
    },
    /** Notes that an API rejected the token. It is then served only if a load finds no other. */
    reject(token: string): void {
      if (!held.reject(token)) return;
      schedule.forgetFruitless();
      planSharedReads();
    },
    /** Loads now, even if the token in memory is good. Never rejects. */
    load: reload.startFresh,
    /** Milliseconds until the next attempt, if the latest load failed in a way that may pass. */
    untilRetry: () => (schedule.pace.isFailing ? schedule.pace.untilNext() : undefined),
    /** Seconds for which reads without options return the token in memory, or 0. */
    servedFor: () => Math.max(0, held.validity() - usual.required),
    /** The token in memory, if it is valid and not the given one. */
    otherThan(token: string): string | undefined {
      const current = held.validForMoreThan(0);
      return current === token ? undefined : current;
    },
  };
}

function notValid(parameterName: string, validity: number, required: number): Unavailability {
  const left = Math.floor(validity);
  if (validity <= 0) {
    const text =
      `the token in parameter ${parameterName} expired ${-left} seconds ago and was not replaced. ` +
      "Check the refresher's alarms, and the error code in its log.";
    return { code: 'TOKEN_EXPIRED', text };
  }
  const text =
    `the token in parameter ${parameterName} is valid for another ${left} seconds, but more than ${required} are ` +
    "required. Require less, or raise the refresher's refreshBefore.";
  return { code: 'VALIDITY_TOO_SHORT', text };
}
