import type { Clients } from '../clients.ts';
import { type Alarm, alarmsIn, readLiveAlarms } from '../deployed/read-alarms.ts';
import type { LastRun } from '../deployed/read-last-run.ts';
import { type ParameterContent, readParameter, readParameters } from '../deployed/read-parameter.ts';
import { readRunMetrics } from '../deployed/read-run-metrics.ts';
import type { Refresher } from '../deployed/refreshers-of-stack.ts';

/** Reads with calls that answer for several refreshers. */
export interface SharedReads {
  parameter(refresher: Refresher): Promise<ParameterContent>;
  alarms(refresher: Refresher): Promise<readonly Alarm[]>;
  /** The latest run by its metrics. Undefined if its log must be read. */
  lastRun(refresher: Refresher): Promise<LastRun | undefined>;
}

export interface SharedOptions {
  /** Unix time in milliseconds at which to read the latest runs from metrics. Undefined: from the logs, which say more. */
  readonly metricsAt?: number | undefined;
}

/** Starts to read the parameters, the alarms, and perhaps the metrics of all these refreshers. */
export function readShared(
  refreshers: readonly Refresher[],
  clients: Clients,
  { metricsAt }: SharedOptions = {},
): SharedReads {
  const names = refreshers.map(({ parameterName }) => parameterName);
  // For one refresher, the permission ssm:GetParameter is enough.
  const parameters = names.length > 1 ? readParameters(clients.ssm, names) : undefined;
  const runs = metricsAt === undefined ? undefined : readRunMetrics(clients.cloudWatch, names, metricsAt);
  const live = readLiveAlarms(clients.cloudWatch, refreshers);
  // Each status reports the failure. Until then, it counts as handled.
  live.catch(() => undefined);
  return {
    parameter: async (refresher) =>
      (await parameters)?.get(refresher.parameterName) ?? readParameter(refresher, clients),
    alarms: async (refresher) => alarmsIn(await live, refresher),
    lastRun: async ({ parameterName }) => (await runs)?.get(parameterName),
  };
}
