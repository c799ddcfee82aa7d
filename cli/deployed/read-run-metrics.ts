import {
  type CloudWatchClient,
  type MetricDataQuery,
  type MetricDataResult,
  paginateGetMetricData,
} from '@aws-sdk/client-cloudwatch';
import {
  METRIC,
  METRICS_NAMESPACE,
  METRICS_SERVICE,
  PARAMETER_DIMENSION,
  SERVICE_DIMENSION,
} from '../../lambda/shared/metric-names.ts';
import { inGroups } from './few-at-a-time.ts';
import type { LastRun } from './read-last-run.ts';

const METRICS = [
  METRIC.minted,
  METRIC.kept,
  METRIC.failed,
  METRIC.previousCredentialsUsed,
  METRIC.sameToken,
] as const;
type RunMetric = (typeof METRICS)[number];

/** Unix times in milliseconds of the minutes in which a metric was counted. */
type Minutes = Readonly<Record<RunMetric, readonly number[]>>;

/** Queries of one call. Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html */
const MOST_QUERIES = 500;
const PERIOD_SECONDS = 60;
const SPAN_MS = 3_600_000;

/**
 * The latest runs of many refreshers by their metrics, a hundred with each call. Reading their logs takes a call each, and
 * CloudWatch Logs allows five of these a second. If the metrics of a refresher are not conclusive, it is left out, and its log is read.
 * `now` is in Unix milliseconds.
 */
export async function readRunMetrics(
  cloudWatch: CloudWatchClient,
  parameterNames: readonly string[],
  now: number,
): Promise<ReadonlyMap<string, LastRun>> {
  const groups = inGroups(parameterNames, Math.floor(MOST_QUERIES / METRICS.length));
  const read = await Promise.all(
    // Without the permission, all logs are read.
    groups.map((group) => readGroup(cloudWatch, group, now).catch(() => [])),
  );
  return new Map(read.flat());
}

async function readGroup(
  client: CloudWatchClient,
  names: readonly string[],
  now: number,
): Promise<readonly (readonly [string, LastRun])[]> {
  const minutes = new Map<string, number[]>();
  const input = {
    MetricDataQueries: names.flatMap((name, index) => METRICS.map((metric) => queryOf(name, index, metric))),
    StartTime: new Date(now - SPAN_MS),
    EndTime: new Date(now),
  };
  for await (const { MetricDataResults: results = [] } of paginateGetMetricData({ client }, input)) {
    for (const { Id = '', Timestamps = [] } of results as MetricDataResult[])
      minutes.set(Id, [...(minutes.get(Id) ?? []), ...Timestamps.map((time) => time.getTime())]);
  }
  return names.flatMap((name, index) => {
    const ofMetric = (metric: RunMetric) => [metric, minutes.get(idOf(index, metric)) ?? []];
    const run = lastRunOf(Object.fromEntries(METRICS.map(ofMetric)) as Minutes, now);
    return run === undefined ? [] : [[name, run] as const];
  });
}

/** The latest run, or undefined if the metrics are not enough to tell. */
export function lastRunOf(minutes: Minutes, now: number): LastRun | undefined {
  const latest = (metric: RunMetric) => Math.max(...minutes[metric]);
  const [minted, kept, failed] = [latest(METRIC.minted), latest(METRIC.kept), latest(METRIC.failed)];
  const last = Math.max(minted, kept, failed);
  if (last === Number.NEGATIVE_INFINITY) return undefined;
  if ([METRIC.previousCredentialsUsed, METRIC.sameToken].some((metric) => minutes[metric].length > 0))
    return undefined;
  const at = Math.min(now, last + (PERIOD_SECONDS - 1) * 1_000);
  if (failed > Math.max(minted, kept))
    return { at, outcome: 'failed', code: 'UNKNOWN', message: "see the function's log" };
  // A report of a rejected token also counts as kept, and says nothing about the failure before it.
  if (failed >= minted && failed !== Number.NEGATIVE_INFINITY) return undefined;
  const outcome = minted === last ? 'minted' : 'kept';
  return { at, outcome, reason: undefined, previousCredentialsUsed: false };
}

function queryOf(name: string, index: number, metric: RunMetric): MetricDataQuery {
  return {
    Id: idOf(index, metric),
    MetricStat: {
      Metric: {
        Namespace: METRICS_NAMESPACE,
        MetricName: metric,
        Dimensions: [
          { Name: SERVICE_DIMENSION, Value: METRICS_SERVICE },
          { Name: PARAMETER_DIMENSION, Value: name },
        ],
      },
      Period: PERIOD_SECONDS,
      Stat: 'Sum',
    },
  };
}

/** An id begins with a lowercase letter and has no spaces. */
function idOf(index: number, metric: RunMetric): string {
  return `r${index}_${metric}`;
}
