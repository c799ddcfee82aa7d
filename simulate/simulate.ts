import type { RefreshPolicy } from '../lambda/shared/refresh-margin.ts';
import type { Calls } from './calls.ts';
import { gapsOf, gapWithin, longestOf } from './coverage.ts';
import { type Faults, isOutage } from './faults.ts';
import { startFleet } from './fleet.ts';
import { createFunction } from './refresher.ts';
import { planEvents } from './schedule.ts';
import { createWorld } from './world.ts';

export interface SimulationSettings {
  readonly faults: Faults;
  readonly seed: number;
  /** Unix times in milliseconds. */
  readonly from: number;
  readonly until: number;
  readonly policy: RefreshPolicy;
  /** Lifetime of a token, in seconds. */
  readonly lifetime: number;
  readonly revokesFormer: boolean;
  /** Further environment variables of the refresher. */
  readonly environment: Readonly<Record<string, string>>;
}

/** What the refresher and its readers achieve. */
export interface Simulated {
  readonly calls: Readonly<Record<'get' | 'fetch', Calls>>;
  /** The longest time without a valid token in the parameter, in milliseconds. */
  readonly longestGap: number;
  readonly requestsPerDay: number;
  /** Each outage, and the time without a valid token from its start to that of the next one. In milliseconds. */
  readonly outages: readonly { readonly length: number; readonly gap: number }[];
}

const DAY_MS = 86_400_000;
/** Milliseconds from the first check to the first call of a reader. */
const FIRST_TOKEN_MS = 120_000;

/** Runs the real refresher and readers in virtual time. */
export async function simulate(settings: SimulationSettings): Promise<Simulated> {
  const { faults, from, until, policy } = settings;
  const world = createWorld(settings);
  const refresher = createFunction(world, policy, settings.environment);
  planEvents(world, policy.checkEvery, () => void refresher.invoke({}).catch(() => undefined));
  await world.time.runUntil(from + FIRST_TOKEN_MS);
  const calls = startFleet(world, refresher);
  await world.time.runUntil(until);
  const gaps = gapsOf(world.stored, until);
  const outages = faults.incidents
    .filter((incident) => isOutage(incident) && from <= incident.from && incident.until <= until)
    .toSorted((one, other) => one.from - other.from);
  return {
    calls: calls(),
    longestGap: longestOf(gaps),
    requestsPerDay: world.endpoint.requests() / ((until - from) / DAY_MS),
    outages: outages.map((outage, index) => ({
      length: outage.until - outage.from,
      gap: gapWithin(gaps, outage.from, outages[index + 1]?.from ?? until),
    })),
  };
}
