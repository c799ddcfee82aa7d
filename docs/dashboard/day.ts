import type { Policy } from '../../lambda/shared/refresh-margin.ts';
import { createRandom } from '../../test/support/random.ts';
import { type Fault, type Model, modelRefresher } from '../../test/support/refresher-model.ts';

const HOUR = 3_600;
/** The day that is shown, in Unix seconds, and the lifetime of its tokens. */
export const DAY = { from: Date.UTC(2026, 10, 23) / 1_000, until: Date.UTC(2026, 10, 24) / 1_000 } as const;
const LIFETIME = HOUR;

/** What goes wrong on it, in hours of the day. */
const INCIDENTS: readonly { readonly from: number; readonly until: number; readonly fault: Fault }[] = [
  { from: 3.3, until: 3.38, fault: 'store-down' },
  { from: 9, until: 9.6, fault: 'endpoint-down' },
  { from: 16.1, until: 16.45, fault: 'throttled' },
  { from: 23.5, until: 24, fault: 'endpoint-down' },
];

/** A bad day of a refresher with this policy; it begins some hours earlier. */
export function simulateDay(policy: Policy): Model {
  return modelRefresher({
    policy,
    lifetime: LIFETIME,
    from: DAY.from - 6 * HOUR + 600,
    until: DAY.until,
    random: createRandom(11),
    fault: ({ at }) => {
      const hour = (at - DAY.from) / HOUR;
      return INCIDENTS.find(({ from, until }) => hour >= from && hour < until)?.fault;
    },
  });
}
