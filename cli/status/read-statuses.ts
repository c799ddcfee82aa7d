import type { Clock } from '../../lambda/shared/clock.ts';
import type { Clients } from '../clients.ts';
import { fewAtATime } from '../deployed/few-at-a-time.ts';
import type { Refresher } from '../deployed/refreshers-of-stack.ts';
import { readShared } from './read-shared.ts';
import { type RefresherStatus, readStatus } from './read-status.ts';

/** Refreshers read at the same time, each with calls to five services. */
const MAX_PARALLEL = 20;

/** Without `details`, metrics tell the latest runs, because reading many logs takes long. */
export async function readStatuses(
  refreshers: readonly Refresher[],
  clients: Clients,
  { clock, details }: { readonly clock: Clock; readonly details: boolean },
): Promise<readonly RefresherStatus[]> {
  const shared = readShared(refreshers, clients, { metricsAt: details ? undefined : clock.now() });
  return fewAtATime(refreshers, (one) => readStatus(one, clients, clock, shared), MAX_PARALLEL);
}
