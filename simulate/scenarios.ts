import { type RefreshPolicy, refreshMargin } from '../lambda/shared/refresh-margin.ts';
import { survivableOutage } from '../lambda/shared/survivable-outage.ts';
import { hardFaults, NO_FAULTS, outageClasses, outagesOf } from './fault-plans.ts';
import type { Faults } from './faults.ts';
import { type Simulated, simulate } from './simulate.ts';
import { type Outcome, STRATEGIES } from './strategies.ts';

/** The construct's defaults, and the usual lifetime. In seconds. */
export const POLICY: RefreshPolicy = { checkEvery: 300, refreshBefore: 1_800 };
export const LIFETIME = 3_600;
/** The token requests of a day that the policy allows. */
export const LEAST_PER_DAY = 86_400 / (LIFETIME - refreshMargin(LIFETIME, POLICY));
/** Longest outage, in seconds, that never leaves a gap. */
export const BOUND = survivableOutage(LIFETIME, POLICY);

/** A span of simulated time with one kind of faults. */
export interface Scenario {
  /** Scenarios of one group are shown as one. */
  readonly group: string;
  /** The days of the plan that are simulated. */
  readonly firstDay: number;
  readonly days: number;
  readonly seed: number;
  readonly faults: Faults;
  /** What the endpoint does to the former token at each mint, and whether the refresher knows. Default: nothing. */
  readonly formerToken?: 'revoked' | 'revoked, with the setting';
}

export interface ScenarioResult {
  readonly group: string;
  readonly days: number;
  readonly refresher: Simulated;
  /** In the order of `STRATEGIES`. */
  readonly strategies: readonly Outcome[];
}

export const CLASSES = outageClasses(BOUND / 60);
export const GROUPS = {
  healthy: 'no fault',
  hard: 'a year of hard faults',
  revoking: 'revoked, without the setting',
  revokingWithSetting: 'revoked, with the setting',
} as const;

const FROM = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;

/** The parts of the year of hard faults, which are simulated side by side. */
const QUARTERS = [0, 1, 2, 3] as const;

/** `share`: of the full length. Tests simulate less. */
export function scenarios(seed: number, share = 1): readonly Scenario[] {
  const days = (full: number) => Math.max(6, Math.round(full * share));
  const quarter = days(91);
  const yearEnds = FROM + QUARTERS.length * quarter * DAY_MS;
  const hard = hardFaults(seed, FROM, yearEnds);
  const healthy = { firstDay: 0, faults: NO_FAULTS };
  return [
    ...QUARTERS.map((index) => ({
      group: GROUPS.hard,
      ...{ firstDay: index * quarter, days: quarter, seed: seed + index, faults: hard },
    })),
    ...CLASSES.map((outages, index) => ({
      group: outages.name,
      ...{ firstDay: 0, days: days(61), seed: seed + 10 + index },
      faults: outagesOf(outages, seed + 10 + index, FROM, FROM + days(61) * DAY_MS),
    })),
    { ...healthy, group: GROUPS.healthy, days: days(30), seed: seed + 20 },
    { ...healthy, group: GROUPS.revoking, days: days(14), seed: seed + 21, formerToken: 'revoked' },
    {
      ...{ ...healthy, group: GROUPS.revokingWithSetting, days: days(30), seed: seed + 22 },
      formerToken: 'revoked, with the setting',
    },
  ];
}

export async function runScenario(scenario: Scenario): Promise<ScenarioResult> {
  const { group, firstDay, days, seed, faults, formerToken } = scenario;
  const from = FROM + firstDay * DAY_MS;
  const span = { from, until: from + days * DAY_MS, seed };
  const refresher = await simulate({
    ...{ faults, policy: POLICY, lifetime: LIFETIME, ...span },
    revokesFormer: formerToken !== undefined,
    environment: formerToken === 'revoked, with the setting' ? { REVOKES_FORMER_TOKEN: 'true' } : {},
  });
  return {
    group,
    days,
    refresher,
    strategies: STRATEGIES.map((strategy) => strategy.simulate(faults, span)),
  };
}
