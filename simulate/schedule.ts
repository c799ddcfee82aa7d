import { SCHEDULE_PRECISION_SECONDS } from '../lambda/shared/time-budget.ts';
import type { World } from './world.ts';

/** Most milliseconds by which a delayed event is late. Later ones overtake it. */
const LONGEST_DELAY_MS = 10 * 60_000;

/** Plans the events of EventBridge Scheduler. `invoke` is called for each delivery. */
export function planEvents(world: World, checkEvery: number, invoke: () => void): void {
  const { time, from, until, random, faults, incidentsAt } = world;
  const { lostEvents, doubledEvents, delayedEvents } = faults.rates;
  const plan = (planned: number): void => {
    if (planned >= until) return;
    time.at(planned, () => {
      plan(planned + checkEvery * 1_000);
      if (random() < lostEvents || incidentsAt(planned).some(({ kind }) => kind === 'schedule off')) return;
      const deliver = (most: number) => time.at(planned + random() * most, invoke);
      deliver(random() < delayedEvents ? LONGEST_DELAY_MS : SCHEDULE_PRECISION_SECONDS * 1_000);
      if (random() < doubledEvents) deliver(SCHEDULE_PRECISION_SECONDS * 1_000);
    });
  };
  plan(from);
}
