import type { StoredToken } from '../shared/stored-token.ts';
import { abortable } from './abortable.ts';
import { assertSeconds } from './assert-seconds.ts';
import { atMost } from './at-most.ts';
import type { Load, Loaded } from './load.ts';
import { type SingleFlight, singleFlight } from './single-flight.ts';
import {
  FAILING_PATIENCE_MS,
  longestSpacing,
  lookMargin,
  retryDelay,
  spacing,
  THROTTLED_PATIENCE_MS,
} from './timing.ts';
import { TokenUnavailableError, type Unavailability } from './token-unavailable-error.ts';

/**
 * A token with less validity than this, in seconds, may expire on its way to the API. Where the caller has not asked
 * for more, a read first looks for a better one, and serves this one if there is none.
 */
const TRAVEL_SECONDS = 10;

/** Milliseconds for which a look for a better token holds up whoever could have the one in memory; half of its rest at most. */
const LOOK_PATIENCE_MS = 1_000;

/** What a wait comes to that has taken long enough. */
const GAVE_UP = 'gave-up';

export interface GetOptions {
  /** Seconds for which the token has to be valid. Default: the reader's `minimumValidity`. */
  readonly minimumValidity?: number;
  /** Ends this caller's wait, where there is one, with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface TokenCache {
  /** @throws TokenUnavailableError */
  get(options?: GetOptions): Promise<string>;
  /** Notes that the token was refused: it is served from now on only where a fresh load brought no other. */
  reject(token: string): void;
  /** Loads now, whatever is in memory; after the load that is under way, where one is. Never rejects. */
  load(): Promise<Loaded>;
  /** The token in memory where it is valid and not the given one. */
  otherThan(token: string): string | undefined;
}

export interface TokenCacheOptions {
  readonly load: Load;
  readonly parameterName: string;
  /** Seconds for which every token has to be valid; undefined where any valid token is better than none. */
  readonly minimumValidity: number | undefined;
  readonly now: () => number;
  readonly random: () => number;
  readonly sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>;
}

/** Holds one token for a container and decides when to look for its replacement. */
export function createTokenCache(options: TokenCacheOptions): TokenCache {
  const { parameterName, minimumValidity, now, random, sleep } = options;
  let held: StoredToken | undefined;
  let rejected: string | undefined;
  /** Why the latest load brought no token. */
  let failure: Unavailability | undefined;
  /** Loads in a row that brought no new token, those of one wait counted as one. */
  let fruitless = 0;
  /** Unix time, milliseconds, of the latest load's end. */
  let loadedAt = Number.NEGATIVE_INFINITY;
  /** Unix time, milliseconds: before it nothing is loaded, at it the replacement of the held token is looked for. */
  let notBefore = Number.NEGATIVE_INFINITY;
  let lookAt = Number.NEGATIVE_INFINITY;
  /** Until then a read needs no thought: all get this one promise, which costs less than one for each. */
  let plainUntil = Number.NEGATIVE_INFINITY;
  let plain: Promise<string> | undefined;
  /** Seconds of validity that a caller wants who has not asked for more. */
  const usual = minimumValidity ?? TRAVEL_SECONDS;

  /** Seconds of validity left. */
  const validity = (token: StoredToken | undefined) =>
    token === undefined ? Number.NEGATIVE_INFINITY : token.expires_at - now() / 1_000;
  const isRejected = () => held !== undefined && held.access_token === rejected;

  /**
   * Whether a loaded token takes the place of the held one. A rejected one, read from a lagging replica, does not; the same
   * one does where it was granted anew, as some authorization servers do, and may end at another time.
   */
  const isNews = (token: StoredToken): boolean => {
    if (held === undefined) return true;
    if (token.access_token === held.access_token) return token.issued_at > held.issued_at;
    if (token.access_token === rejected) return false;
    return validity(token) > 0 || validity(held) <= 0;
  };

  const loading = singleFlight(async () => {
    const loaded = await options.load();
    failure = loaded.type === 'failure' ? loaded.failure : undefined;
    if (loaded.type === 'token' && isNews(loaded.token)) {
      held = loaded.token;
      fruitless = 0;
      lookAt = (held.expires_at - lookMargin(held, minimumValidity ?? 0, random)) * 1_000;
    } else {
      fruitless += 1;
    }
    spaceLoads();
    return loaded;
  });

  const spaceLoads = (): void => {
    loadedAt = now();
    const served = validity(held) > (minimumValidity ?? 0) ? held : undefined;
    notBefore = loadedAt + spacing(fruitless, longestSpacing(served), random);
    planPlainReads();
  };

  const planPlainReads = (): void => {
    plain = held && Promise.resolve(held.access_token);
    plainUntil =
      held === undefined || isRejected()
        ? Number.NEGATIVE_INFINITY
        : Math.min(Math.max(lookAt, notBefore), (held.expires_at - usual) * 1_000);
  };

  /**
   * Tries for as long as that may help, and comes to `GAVE_UP` where that was not long enough. All callers of a container that
   * has nothing to serve share one wait.
   */
  const persistent = singleFlight(async () => {
    const startedAt = now();
    const fruitlessBefore = fruitless;
    for (let attempt = 1; ; attempt += 1) {
      const loaded = await loading.run();
      if (loaded.type === 'token' || loaded.passing === undefined) return undefined;
      const patience = loaded.passing === 'throttled' ? THROTTLED_PATIENCE_MS : FAILING_PATIENCE_MS;
      const delay = retryDelay(attempt, random);
      if (now() + delay - startedAt > patience) break;
      await sleep(delay);
    }
    fruitless = fruitlessBefore + 1;
    spaceLoads();
    return GAVE_UP;
  });

  /**
   * Whether the time for another load has come. Where the token in memory has become useless to the caller since the
   * latest, the container is as good as cold, and what earlier loads did not bring is no reason to fail now. Where the
   * clock has been put back since, what was planned by it counts for nothing.
   */
  const mayLoad = (needed: number): boolean =>
    now() >= notBefore ||
    now() < loadedAt ||
    (held !== undefined && validity(held) <= needed && loadedAt < (held.expires_at - needed) * 1_000);

  const consider = async ({ minimumValidity: asked = minimumValidity, signal }: GetOptions) => {
    assertSeconds('minimumValidity', asked ?? 0);
    const needed = asked ?? 0;
    const wished = asked ?? TRAVEL_SECONDS;
    if (held !== undefined && !isRejected() && validity(held) > wished) {
      // Nobody waits for it: the token in memory will do. Where Lambda freezes the container in the middle of the load,
      // that ends or fails when it thaws, and the next read decides anew by the clock.
      if (now() >= lookAt && mayLoad(needed)) void loading.run();
      return held.access_token;
    }
    const wait: SingleFlight<unknown> = validity(held) > needed ? loading : persistent;
    const joins = wait.pending;
    if (wait.pending || mayLoad(needed)) {
      const loaded = wait.run();
      const isServable = validity(held) > needed && !isRejected();
      const patience = Math.min(LOOK_PATIENCE_MS, (validity(held) - needed) * 500);
      const outcome = await abortable(isServable ? atMost(loaded, patience, sleep) : loaded, signal);
      // The wait of another may have been over before this one began: Lambda may have frozen the container in it.
      if (joins && outcome === GAVE_UP && validity(held) <= needed) await abortable(loading.run(), signal);
    }
    if (held !== undefined && validity(held) > needed) return held.access_token;
    throw new TokenUnavailableError(failure ?? notValidFor(needed));
  };

  const notValidFor = (needed: number): Unavailability => {
    const left = Math.floor(validity(held));
    if (left <= 0) {
      return {
        code: 'TOKEN_EXPIRED',
        text:
          `the token in parameter ${parameterName} expired ${-left} seconds ago and was not replaced. ` +
          "Look at the refresher's alarm and at the error code in its log.",
      };
    }
    return {
      code: 'VALIDITY_TOO_SHORT',
      text:
        `the token in parameter ${parameterName} is valid for another ${left} seconds, and more than ${needed} were ` +
        "asked for. Ask for less, or set the refresher's refreshBefore higher.",
    };
  };

  return {
    get(asked) {
      if (asked === undefined && plain !== undefined && now() < plainUntil) return plain;
      return consider(asked ?? {});
    },
    reject(token) {
      // A late refusal of a former token must not have the one in memory served again.
      if (isRejected() && token !== held?.access_token) return;
      // A new fault: how often another token was looked for in vain before says nothing of how soon this one is replaced.
      if (token !== rejected) fruitless = 0;
      rejected = token;
      planPlainReads();
    },
    async load() {
      // One that is under way may have begun before what the caller waits for.
      if (loading.pending) await loading.run();
      return loading.run();
    },
    otherThan: (token) =>
      held !== undefined && held.access_token !== token && validity(held) > 0 ? held.access_token : undefined,
  };
}
