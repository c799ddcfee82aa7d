import type { Policy } from '../../lambda/shared/refresh-margin.ts';
import { type AlarmName, metricOf } from './alarms.ts';
import { type AlarmProperties, alarmTransitions, type Series, type Transition } from './cloudwatch-alarm.ts';
import { createRandom } from './random.ts';
import { type Fault, type Model, modelRefresher } from './refresher-model.ts';

/** When the models of the tests begin, in Unix seconds. */
export const FROM = Date.UTC(2026, 0, 1) / 1000;

/** At how many moments of a token's life an incident begins. */
const MOMENTS = 60;
const NOTHING: Series = { at: [], visibleFrom: [], values: [] };

export interface Setting extends Policy {
  /** Seconds that a token lives. */
  readonly lifetime: number;
}

export interface Incident {
  readonly model: Model;
  readonly alarms: Readonly<Record<AlarmName, readonly Transition[]>>;
  /** Unix time, seconds. */
  readonly start: number;
  /** Unix time, seconds, at which the token expires that readers have when it starts. */
  readonly expiresAt: number;
}

/** How the alarms take what the model tells CloudWatch. AWS's own example retrieves two periods more than it evaluates. */
export function watch(
  alarms: Readonly<Record<AlarmName, AlarmProperties>>,
  { metrics }: Model,
  { from, until, extraPeriods = 2 }: { from: number; until: number; extraPeriods?: number },
): Incident['alarms'] {
  const transitions = (name: AlarmName) =>
    alarmTransitions(alarms[name], metrics.get(metricOf(alarms[name])) ?? NOTHING, {
      from,
      until,
      extraPeriods,
    });
  return {
    TokenExpiring: transitions('TokenExpiring'),
    RefreshFailing: transitions('RefreshFailing'),
    DeadLetters: transitions('DeadLetters'),
    Throttled: transitions('Throttled'),
  };
}

/** When an alarm first goes off; never where it does not. */
export function firstAlarm(transitions: readonly Transition[]): number {
  return transitions.find(({ state }) => state === 'ALARM')?.at ?? Number.POSITIVE_INFINITY;
}

/** The same incident at moments all over the life of a token; `lasts` in seconds. */
export function incidents(
  setting: Setting,
  alarms: Readonly<Record<AlarmName, AlarmProperties>>,
  fault: Fault,
  lasts = Number.POSITIVE_INFINITY,
): Incident[] {
  const { lifetime, refreshBefore, checkEvery } = setting;
  return Array.from({ length: MOMENTS }, (_, index) => {
    const start = FROM + 3 * lifetime + (index / MOMENTS) * (lifetime - refreshBefore + checkEvery);
    const until = start + Math.min(lasts, lifetime) + lifetime / 2 + 6 * (checkEvery + 60);
    const model = modelRefresher({
      policy: setting,
      lifetime,
      from: FROM + index,
      until,
      random: createRandom(index),
      fault: ({ at }) => (at >= start && at < start + lasts ? fault : undefined),
    });
    const lastMint = model.mints.filter(({ at }) => at < start).at(-1);
    if (lastMint === undefined) throw new Error('nothing was minted before the incident');
    return {
      model,
      alarms: watch(alarms, model, { from: start - 6 * checkEvery, until }),
      start,
      expiresAt: Math.floor(lastMint.at) + lifetime,
    };
  });
}
