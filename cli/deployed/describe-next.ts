import type { RunOutcome } from '../../lambda/shared/invoke-refresher.ts';
import { canBeKeptAlive, dueAt, type RefreshPolicy } from '../../lambda/shared/refresh-margin.ts';
import { ENVIRONMENT } from '../../lambda/shared/refresher-environment.ts';
import type { CommandContext } from '../command-context.ts';
import { duration, instant } from '../terminal/time.ts';
import { readSchedule } from './read-schedule.ts';
import { type Refresher, templateEnvironment } from './refreshers-of-stack.ts';

/** Why no check may follow in time. Undefined if the schedule is as deployed, or cannot be read. */
async function scheduleFault(
  { schedule }: Refresher,
  { scheduler }: CommandContext['clients'],
): Promise<string | undefined> {
  if (schedule === undefined) return undefined;
  try {
    const found = await readSchedule(scheduler, schedule);
    if (found === undefined) return 'has been deleted';
    if (found.State !== 'ENABLED') return 'is off';
    return found.ScheduleExpression === schedule.properties.ScheduleExpression ? undefined : 'was changed';
  } catch {
    // Without the permission, the run's result is still worth showing.
    return undefined;
  }
}

/** When the next check runs, and when it mints the next token. Undefined if the settings are unknown. */
export async function describeNext(
  outcome: RunOutcome,
  refresher: Refresher,
  { clients, clock, commands }: CommandContext,
): Promise<string | undefined> {
  const policy = deployedPolicy(refresher);
  if (policy === undefined) return undefined;
  const fault = await scheduleFault(refresher, clients);
  if (fault !== undefined)
    return `The schedule ${fault}. To see the command that restores it, run: ${commands.self('doctor', refresher)}`;
  return nextCheck(outcome, policy, Math.floor(clock.now() / 1_000));
}

/** The policy in the template. Reading the live one takes a permission that a run does not need. */
function deployedPolicy(refresher: Refresher): RefreshPolicy | undefined {
  const environment = templateEnvironment(refresher);
  const checkEvery = Number(environment[ENVIRONMENT.checkEvery]);
  const refreshBefore = Number(environment[ENVIRONMENT.refreshBefore]);
  return checkEvery > 0 && refreshBefore > 0 ? { checkEvery, refreshBefore } : undefined;
}

/** `now` is in Unix seconds. */
export function nextCheck(outcome: RunOutcome, policy: RefreshPolicy, now: number): string {
  const within = `The next check runs within ${duration(policy.checkEvery)}`;
  if (outcome.outcome === 'failed') return `${within} and tries again.`;
  // The answer does not hold when an older token was minted.
  if (outcome.outcome !== 'minted' || !canBeKeptAlive(outcome.expires_at - now, policy)) return `${within}.`;
  const due = Math.ceil(dueAt({ issued_at: now, expires_at: outcome.expires_at }, policy));
  return `${within}. The next token is minted in about ${duration(due - now)}, at ${instant(due)}.`;
}
