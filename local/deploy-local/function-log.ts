import { setTimeout as sleep } from 'node:timers/promises';
import { paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { describeAwsFailure } from '../../lambda/shared/aws-failure.ts';
import { parseJsonObject } from '../../lambda/shared/json.ts';
import type { CloudClients } from './cloud-clients.ts';

const FOLLOW_EVERY_MS = 2_000;

/** One line that the function itself logged. Lines of the runtime and metrics are skipped. */
export interface LogEntry {
  /** Unix time, milliseconds. */
  readonly at: number;
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export async function findLogGroup(
  { lambda }: Pick<CloudClients, 'lambda'>,
  FunctionName: string,
): Promise<string> {
  const { LoggingConfig: logging } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
  return logging?.LogGroup ?? `/aws/lambda/${FunctionName}`;
}

/** The entries since `startTime` (Unix time, milliseconds), oldest first. */
export async function readFunctionLog(
  { logs }: Pick<CloudClients, 'logs'>,
  logGroupName: string,
  startTime: number,
): Promise<readonly LogEntry[]> {
  const entries: LogEntry[] = [];
  for await (const { events = [] } of paginateFilterLogEvents(
    { client: logs },
    { logGroupName, startTime },
  )) {
    for (const { timestamp = 0, message: text = '' } of events) {
      const { level, message, ...fields } = parseJsonObject(text) ?? {};
      if (typeof level !== 'string' || typeof message !== 'string') continue;
      entries.push({ at: timestamp, level, message, fields });
    }
  }
  return entries;
}

export function formatLogEntry({ at, level, message, fields }: LogEntry): string {
  const shown = ['outcome', 'reason', 'seconds_left', 'parameter_version', 'code']
    .filter((name) => fields[name] !== undefined)
    .map((name) => `${name} ${fields[name]}`);
  return `${new Date(at).toISOString().slice(11, 19)}  ${level.padEnd(5)} ${message}${shown.length === 0 ? '' : ` (${shown.join(', ')})`}`;
}

/** Prints new entries until the signal aborts, even if the log cannot be read meanwhile. */
export async function followFunctionLog(
  clients: Pick<CloudClients, 'logs'>,
  { logGroup, since }: { readonly logGroup: string; readonly since: number },
  print: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  let from = since;
  let failed = false;
  while (true) {
    try {
      for (const entry of await readFunctionLog(clients, logGroup, from)) {
        print(`  ${formatLogEntry(entry)}`);
        from = entry.at + 1;
      }
      failed = false;
    } catch (error) {
      if (!failed)
        print(`  The log cannot be read (${describeAwsFailure(error).name}). Ctrl-C stops everything.`);
      failed = true;
    }
    await sleep(FOLLOW_EVERY_MS, undefined, { signal });
  }
}
