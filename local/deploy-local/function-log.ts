import { FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { parseJsonObject } from '../../lambda/shared/json.ts';
import type { Clients } from './cloud-clients.ts';

/** One line that the function logged itself; what the runtime and the metrics write is left out. */
export interface LogEntry {
  /** Unix time, milliseconds. */
  readonly at: number;
  readonly level: string;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** The group of the function's log. */
export async function findLogGroup(
  { lambda }: Pick<Clients, 'lambda'>,
  FunctionName: string,
): Promise<string> {
  const { LoggingConfig: logging } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
  return logging?.LogGroup ?? `/aws/lambda/${FunctionName}`;
}

/** What the function has logged since `from` (Unix time, milliseconds), oldest first. */
export async function readFunctionLog(
  { logs }: Pick<Clients, 'logs'>,
  logGroupName: string,
  from: number,
): Promise<readonly LogEntry[]> {
  const entries: LogEntry[] = [];
  let nextToken: string | undefined;
  do {
    const page = await logs.send(
      new FilterLogEventsCommand({
        logGroupName,
        startTime: from,
        ...(nextToken === undefined ? {} : { nextToken }),
      }),
    );
    for (const { timestamp = 0, message: text = '' } of page.events ?? []) {
      const { level, message, ...fields } = parseJsonObject(text) ?? {};
      if (typeof level !== 'string' || typeof message !== 'string') continue;
      entries.push({ at: timestamp, level, message, fields });
    }
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return entries;
}

/** One line for people. */
export function formatLogEntry({ at, level, message, fields }: LogEntry): string {
  const shown = ['outcome', 'reason', 'seconds_left', 'parameter_version', 'code']
    .filter((name) => fields[name] !== undefined)
    .map((name) => `${name} ${fields[name]}`);
  return `${new Date(at).toISOString().slice(11, 19)}  ${level.padEnd(5)} ${message}${shown.length === 0 ? '' : ` (${shown.join(', ')})`}`;
}
