/** One metric value of a log line in the embedded metric format. */
export interface MetricValue {
  readonly namespace: string;
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly dimensions: Readonly<Record<string, string>>;
}

interface EmbeddedMetrics {
  readonly _aws: {
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
    }[];
  };
  readonly [member: string]: unknown;
}

/**
 * The metrics that CloudWatch extracts from a function's log. It reads only lines that are one JSON object.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function embeddedMetrics(lines: readonly string[]): MetricValue[] {
  return lines.flatMap((line) => {
    if (!line.startsWith('{')) return [];
    const event = JSON.parse(line) as EmbeddedMetrics;
    return (event._aws?.CloudWatchMetrics ?? []).flatMap(({ Namespace, Dimensions, Metrics }) =>
      Dimensions.flatMap((names) =>
        Metrics.map(({ Name, Unit }) => ({
          namespace: Namespace,
          name: Name,
          unit: Unit,
          value: Number(event[Name]),
          dimensions: Object.fromEntries(names.map((name) => [name, String(event[name])])),
        })),
      ),
    );
  });
}
