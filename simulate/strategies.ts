import { createRandom } from '../test/support/random.ts';
import { createCallCounter } from './calls.ts';
import { gapsOf, gapWithin, longestOf, type StoredOnce } from './coverage.ts';
import { type Faults, indexIncidents } from './faults.ts';
import { CONTAINER_LIFETIME_MS, FLEET, nextCall } from './fleet.ts';
import { isAccepted } from './token-endpoint.ts';

/** What a strategy achieves. */
export interface Outcome {
  /** The share of calls without a good token, from 0 to 1. */
  readonly badShare: number;
  /** Milliseconds. */
  readonly longestGap: number;
  readonly requestsPerDay: number;
  /** The token requests that the strategy makes in a day without faults and cold starts. */
  readonly leastPerDay: number;
}

/**
 * A usual way to keep tokens fresh, as a small model. Models have an advantage: their consumers see a stored token at once, and
 * none of their containers dies.
 */
export interface Strategy {
  readonly name: string;
  readonly does: string;
  readonly simulate: (faults: Faults, span: Span) => Outcome;
}

interface Span {
  /** Unix times in milliseconds. */
  readonly from: number;
  readonly until: number;
  readonly seed: number;
}

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const HOUR_TOKEN_MS = 60 * MINUTE_MS;
const CONSUMERS = FLEET.get + FLEET.fetch;
/** Milliseconds of a mint. */
const MINT_MS = 300;
/** Attempts of the SDK's clients. */
const AWS_ATTEMPTS = 3;

export const STRATEGIES: readonly Strategy[] = [
  {
    name: 'Every 50 minutes',
    does: 'A scheduled function mints and stores a token every 50 minutes. It has no margin for a retry.',
    simulate: (faults, span) => central(faults, span, { checkEvery: 50, lifetime: HOUR_TOKEN_MS }),
  },
  {
    name: 'Every 9 minutes, 10-minute tokens',
    does: 'The same, every 9 minutes, for tokens that are valid for 10 minutes.',
    simulate: (faults, span) => central(faults, span, { checkEvery: 9, lifetime: 10 * MINUTE_MS }),
  },
  {
    name: 'Centrally at 80 % of the lifetime',
    does: 'A scheduled function checks every 5 minutes. It replaces a token when 80 % of its lifetime has passed.',
    simulate: (faults, span) =>
      central(faults, span, { checkEvery: 5, lifetime: HOUR_TOKEN_MS, usedShare: 0.8 }),
  },
  {
    name: 'Each consumer in the last 60 s',
    does: 'Each consumer has a token of its own. A call in the last 60 seconds of a token requests the next one.',
    simulate: (faults, span) => inEachConsumer(faults, span, { margin: MINUTE_MS, isReplaced: false }),
  },
  {
    name: 'Each container for itself',
    does: 'The same without a margin, in Lambda containers. Each lives for 30 minutes to 6 hours, and starts without a token.',
    simulate: (faults, span) => inEachConsumer(faults, span, { margin: 0, isReplaced: true }),
  },
];

interface CentralOptions {
  /** Minutes. */
  readonly checkEvery: number;
  /** Milliseconds. */
  readonly lifetime: number;
  /** The share of the lifetime after which a check replaces a token. Default: each check does. */
  readonly usedShare?: number;
}

/** A scheduled function stores the token for all consumers. A check makes one attempt. */
function central(faults: Faults, { from, until, seed }: Span, options: CentralOptions): Outcome {
  const { checkEvery, lifetime, usedShare = 0 } = options;
  const mint = createMint(faults, seed, { isStored: true });
  const random = createRandom(seed + 1);
  const isOff = offAt(faults);
  const stored: StoredOnce[] = [];
  let mintedAt = Number.NEGATIVE_INFINITY;
  for (let planned = from; planned < until; planned += checkEvery * MINUTE_MS) {
    if (isOff(planned) || random() < faults.rates.lostEvents) continue;
    const at = planned + random() * MINUTE_MS;
    if (at - mintedAt < lifetime * usedShare || !mint.attempt(at)) continue;
    mintedAt = at;
    stored.push({ at: at + MINT_MS, end: () => endOf(faults, at, lifetime) });
  }
  const begins = stored[0]?.at ?? from;
  const gaps = gapsOf(stored, until);
  const period = Math.max(checkEvery * MINUTE_MS, lifetime * usedShare);
  return {
    badShare: gapWithin(gaps, begins, until) / (until - begins),
    longestGap: longestOf(gaps),
    requestsPerDay: mint.requests() / ((until - from) / DAY_MS),
    leastPerDay: DAY_MS / period,
  };
}

interface ConsumerOptions {
  /** Milliseconds before expiry from which a call asks for the next token. */
  readonly margin: number;
  /** Whether containers are replaced after some hours. The next one begins without a token. */
  readonly isReplaced: boolean;
}

/** Consumers mint when they call. After a 401, they forget the token. */
function inEachConsumer(faults: Faults, { from, until, seed }: Span, options: ConsumerOptions): Outcome {
  const mint = createMint(faults, seed, { isStored: false });
  const random = createRandom(seed + 1);
  const counter = createCallCounter();
  const { least, most } = CONTAINER_LIFETIME_MS;
  for (let consumer = 0; consumer < CONSUMERS; consumer += 1) {
    const count = counter.container();
    let mintedAt = Number.NEGATIVE_INFINITY;
    let endsAt = from;
    for (let now = nextCall(from, random); now < until; now = nextCall(now, random)) {
      if (options.isReplaced && now >= endsAt) {
        endsAt = now + least + random() * (most - least);
        mintedAt = Number.NEGATIVE_INFINITY;
      }
      if (now >= mintedAt + HOUR_TOKEN_MS - options.margin && mint.attempt(now)) mintedAt = now;
      const isGood = now < endOf(faults, mintedAt, HOUR_TOKEN_MS);
      if (!isGood) mintedAt = Number.NEGATIVE_INFINITY;
      count(now, isGood, now);
    }
  }
  const { all, bad, longestGap } = counter.result();
  return {
    badShare: bad / all,
    longestGap,
    requestsPerDay: mint.requests() / ((until - from) / DAY_MS),
    leastPerDay: (CONSUMERS * DAY_MS) / (HOUR_TOKEN_MS - options.margin),
  };
}

/** One attempt to mint: reads the current credentials, sends one request, and stores the token if it is shared. */
function createMint(
  { incidents, rotations }: Faults,
  seed: number,
  { isStored }: { readonly isStored: boolean },
) {
  const incidentsAt = indexIncidents(incidents);
  const random = createRandom(seed);
  let requests = 0;
  const fails = (now: number, kinds: RegExp, attempts: number): boolean =>
    incidentsAt(now).some(({ kind, share }) => kinds.test(kind) && random() < share ** attempts);
  return {
    requests: () => requests,
    attempt(now: number): boolean {
      if (fails(now, /^(secrets-manager|kms) /, AWS_ATTEMPTS)) return false;
      requests += 1;
      if (fails(now, /^endpoint (?!slow)/, 1)) return false;
      if (!isAccepted(rotations.filter(({ at }) => at <= now).length, rotations, now)) return false;
      return !isStored || !fails(now, /^(parameter-store|kms) /, AWS_ATTEMPTS);
    },
  };
}

function offAt({ incidents }: Faults): (now: number) => boolean {
  const at = indexIncidents(incidents.filter(({ kind }) => kind === 'schedule off'));
  return (now) => at(now).length > 0;
}

/** When a token ends that was minted at an instant: it expires, or all tokens are revoked before. */
function endOf({ revocations }: Faults, mintedAt: number, lifetime: number): number {
  const expires = mintedAt + lifetime;
  return revocations.reduce((end, at) => (at > mintedAt && at < end ? at : end), expires);
}
