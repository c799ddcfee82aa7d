import type { Calls } from './calls.ts';
import type { ScenarioResult } from './scenarios.ts';
import type { Simulated } from './simulate.ts';
import { type Outcome, STRATEGIES } from './strategies.ts';

/** The rows of the tables. */
export const ROWS = [
  'Token Refresher, `fetch`',
  'Token Refresher, `get()` alone',
  ...STRATEGIES.map(({ name }) => name),
] as const;

/** What all rows achieve under one kind of faults. */
export interface Column {
  readonly group: string;
  readonly days: number;
  /** In the order of `ROWS`. */
  readonly outcomes: readonly Outcome[];
  readonly outages: Simulated['outages'];
}

/** Combines the scenarios of each group. `leastPerDay`: the token requests that the policy allows. */
export function aggregate(results: readonly ScenarioResult[], leastPerDay: number): readonly Column[] {
  const groups = [...new Set(results.map(({ group }) => group))];
  return groups.map((group) => {
    const parts = results.filter((result) => result.group === group);
    const days = parts.reduce((sum, part) => sum + part.days, 0);
    const combined = (outcomeIn: (part: ScenarioResult) => Outcome): Outcome =>
      combine(parts.map((part) => ({ days: part.days, outcome: outcomeIn(part) })));
    return {
      ...{ group, days },
      outcomes: [
        combined(({ refresher }) => outcomeOf(refresher, refresher.calls.fetch, leastPerDay)),
        combined(({ refresher }) => outcomeOf(refresher, refresher.calls.get, leastPerDay)),
        ...STRATEGIES.map((_strategy, index) => combined(({ strategies }) => strategies[index] as Outcome)),
      ],
      outages: parts.flatMap(({ refresher }) => refresher.outages),
    };
  });
}

function outcomeOf(
  { requestsPerDay }: Simulated,
  { all, bad, longestGap }: Calls,
  leastPerDay: number,
): Outcome {
  return { badShare: bad / all, longestGap, requestsPerDay, leastPerDay };
}

function combine(parts: readonly { readonly days: number; readonly outcome: Outcome }[]): Outcome {
  const days = parts.reduce((sum, part) => sum + part.days, 0);
  const mean = (figure: (outcome: Outcome) => number) =>
    parts.reduce((sum, part) => sum + part.days * figure(part.outcome), 0) / days;
  return {
    badShare: mean(({ badShare }) => badShare),
    longestGap: Math.max(...parts.map(({ outcome }) => outcome.longestGap)),
    requestsPerDay: mean(({ requestsPerDay }) => requestsPerDay),
    leastPerDay: mean(({ leastPerDay }) => leastPerDay),
  };
}
