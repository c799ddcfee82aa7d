import type { RefreshPolicy } from '../../lambda/shared/refresh-margin.ts';
import { type AlarmName, metricOf } from './alarms.ts';
import { type AlarmProperties, alarmTransitions, type Series, type Transition } from './cloudwatch-alarm.ts';
import { createRandom } from './random.ts';
import { type Fault, type Model, modelRefresher } from './refresher-model.ts';

/** Start of the simulations, in Unix seconds. */
export const FROM = Date.UTC(2026, 0, 1) / 1000;

/** The number of start times for each incident, spread over the lifetime of a token. */
const MOMENTS = 60;
/** CloudWatch retrieves more periods than an alarm evaluates: two or three more have been seen. */
export const MOST_EXTRA_PERIODS = 3;
const NOTHING: Series = { at: [], visibleFrom: [], values: [] };

export interface Setting extends RefreshPolicy {
  /** Lifetime of a token, in seconds. */
  readonly lifetime: number;
}

export interface Incident {
  readonly model: Model;
  readonly alarms: Readonly<Record<AlarmName, readonly Transition[]>>;
  /** Unix time, seconds. */
  readonly start: number;
  /** Unix time, seconds, at which the token stored at `start` expires. */
  readonly expiresAt: number;
}

/** The state changes of the alarms for the metrics of a model. AWS leaves open how many extra periods CloudWatch retrieves: two or three. */
export function watch(
  alarms: Readonly<Record<AlarmName, AlarmProperties>>,
  { metrics }: Pick<Model, 'metrics'>,
  { from, until, extraPeriods = MOST_EXTRA_PERIODS }: { from: number; until: number; extraPeriods?: number },
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

/** When an alarm first fires, or infinity if it never does. */
export function firstAlarm(transitions: readonly Transition[]): number {
  return transitions.find(({ state }) => state === 'ALARM')?.at ?? Number.POSITIVE_INFINITY;
}

/** The same incident at different times in the lifetime of a token. `lasts` is in seconds. */
export function incidents(
  setting: Setting,
  alarms: Readonly<Record<AlarmName, AlarmProperties>>,
  fault: Fault,
  lasts = Number.POSITIVE_INFINITY,
  extraPeriods = MOST_EXTRA_PERIODS,
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
      alarms: watch(alarms, model, { from: start - 6 * checkEvery, until, extraPeriods }),
      start,
      expiresAt: Math.floor(lastMint.at) + lifetime,
    };
  });
}
