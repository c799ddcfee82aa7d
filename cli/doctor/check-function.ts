import type { GetFunctionCommandOutput } from '@aws-sdk/client-lambda';
import { readConfiguration } from '../../lambda/refresher/configuration.ts';
import { RefreshError } from '../../lambda/shared/refresh-error.ts';
import { ENVIRONMENT } from '../../lambda/shared/refresher-environment.ts';
import { differing } from '../deployed/differing.ts';
import { environmentOf } from '../deployed/read-function.ts';
import { type Refresher, templateEnvironment, variablesOf } from '../deployed/refreshers-of-stack.ts';
import type { Commands } from '../remedy-commands.ts';
import { restoreFailedRuns } from './check-failed-runs.ts';
import { ok, type Verdict, wrong } from './finding.ts';

/** Whether there is a function, whether it may run, and whether its settings are those that were deployed. */
export function checkFunction(
  refresher: Refresher,
  fn: GetFunctionCommandOutput | undefined,
  commands: Commands,
): Verdict {
  const { id, properties } = refresher.function;
  if (fn === undefined) return wrong(`${id} has been deleted`, ...recreate(refresher, commands));
  if (fn.Concurrency?.ReservedConcurrentExecutions === 0) {
    return wrong(
      'the function is not allowed to run: its reserved concurrency is 0',
      commands.aws('lambda', 'delete-function-concurrency', '--function-name', id),
    );
  }
  const configure = (option: string, value: string) =>
    commands.aws('lambda', 'update-function-configuration', '--function-name', id, option, value);
  const restoreEnvironment = () =>
    commands.restore(refresher, properties.Environment, (json) => configure('--environment', json));
  const variables = differingVariables(refresher, fn);
  if (variables.length > 0) {
    const problem = configurationProblem(refresher, fn);
    const says = `the environment is not as it was deployed: ${variables.join(', ')}`;
    return wrong(problem === undefined ? says : `${says}\n${problem}`, restoreEnvironment());
  }
  const settings = differingSettings(properties, fn);
  if (settings.length > 0) {
    return wrong(
      `the function is not as it was deployed: ${settings.join(', ')}`,
      commands.restoreInput(
        refresher,
        settingsInput(properties, id),
        'lambda',
        'update-function-configuration',
      ),
    );
  }
  const { State: state, StateReason: reason, LastUpdateStatus: update, Role: role } = fn.Configuration ?? {};
  if (typeof properties.Role === 'string' && role !== properties.Role) {
    return wrong(
      'the function has another role than it was deployed with',
      configure('--role', properties.Role),
    );
  }
  if (state === 'Failed' || update === 'Failed') {
    const why = reason === undefined ? '' : `: ${reason}`;
    return wrong(`Lambda reports the function as failed${why}`, restoreEnvironment());
  }
  return ok(`${id}, ${state ?? 'there'}`);
}

/** Variables that the function reads, and that are not what the template says. What is its only in part is known by name. */
function differingVariables(refresher: Refresher, fn: GetFunctionCommandOutput): readonly string[] {
  const actual = environmentOf(refresher, fn);
  const declared = variablesOf(refresher.function.properties);
  const added = READ_VARIABLES.filter((name) => !(name in declared) && actual[name] !== undefined);
  const changed = Object.entries(templateEnvironment(refresher)).filter(
    ([name, value]) => actual[name] !== value,
  );
  return [...changed.map(([name]) => name), ...added];
}

/** Besides its own, what turns its metrics off. */
const READ_VARIABLES = [...Object.values(ENVIRONMENT), 'POWERTOOLS_METRICS_DISABLED'];

const SETTINGS = ['Handler', 'Runtime', 'Timeout', 'MemorySize'] as const;

function differingSettings(
  properties: Readonly<Record<string, unknown>>,
  { Configuration: live = {} }: GetFunctionCommandOutput,
): readonly string[] {
  const { LogGroup, LogFormat } = loggingOf(properties);
  const {
    LogGroup: group,
    LogFormat: format,
    ApplicationLogLevel: level = 'INFO',
  } = live.LoggingConfig ?? {};
  return [
    ...differing(SETTINGS, properties, live),
    ...(LogGroup !== undefined && group !== undefined && group !== LogGroup ? ['its log group'] : []),
    ...(LogFormat !== undefined && format !== undefined && format !== LogFormat ? ['its log format'] : []),
    // Lambda drops the metrics with whatever is below its level.
    ...(['WARN', 'ERROR', 'FATAL'].includes(level)
      ? [`its log level, at which its metrics are lost: ${level}`]
      : []),
  ];
}

function settingsInput(properties: Readonly<Record<string, unknown>>, FunctionName: string): object {
  return {
    FunctionName,
    ...Object.fromEntries(
      SETTINGS.filter((name) => name in properties).map((name) => [name, properties[name]]),
    ),
    LoggingConfig: { ...loggingOf(properties), ApplicationLogLevel: 'INFO' },
  };
}

function loggingOf({ LoggingConfig: logging }: Readonly<Record<string, unknown>>): {
  readonly LogGroup?: string;
  readonly LogFormat?: string;
} {
  return logging ?? {};
}

function configurationProblem(refresher: Refresher, fn: GetFunctionCommandOutput): string | undefined {
  try {
    readConfiguration(environmentOf(refresher, fn));
    return undefined;
  } catch (error) {
    return error instanceof RefreshError ? error.message : undefined;
  }
}

/** The code is still where the deployment took it from. */
function recreate(refresher: Refresher, commands: Commands): readonly string[] {
  const { id, properties } = refresher.function;
  return [
    commands.restoreInput(refresher, createFunctionInput(properties, id), 'lambda', 'create-function'),
    ...restoreFailedRuns(refresher, commands),
  ];
}

/** CloudFormation's properties are those of Lambda's API, but for the tags, which are a list there. */
function createFunctionInput(properties: Readonly<Record<string, unknown>>, FunctionName: string): object {
  const { Tags: tags, ...input } = properties;
  if (!Array.isArray(tags)) return { FunctionName, ...input };
  return {
    FunctionName,
    ...input,
    Tags: Object.fromEntries(
      (tags as { Key: string; Value: string }[]).map(({ Key, Value }) => [Key, Value]),
    ),
  };
}
