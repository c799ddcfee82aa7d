import type { GetFunctionCommandOutput } from '@aws-sdk/client-lambda';
import { readConfiguration } from '../../lambda/refresher/configuration.ts';
import { RefreshError } from '../../lambda/shared/refresh-error.ts';
import { ENVIRONMENT } from '../../lambda/shared/refresher-environment.ts';
import { changedProperties } from '../deployed/changed-properties.ts';
import { environmentOf } from '../deployed/read-function.ts';
import { type Refresher, templateEnvironment, variablesOf } from '../deployed/refreshers-of-stack.ts';
import type { ShellCommands } from '../shell-commands.ts';
import { restoreAsyncInvocation } from './check-async-invocation.ts';
import { tagMap } from './create-options.ts';
import { ok, unknown, type Verdict, wrong } from './finding.ts';

/** Checks that the function exists, may run and has its deployed settings. */
export function checkFunction(
  refresher: Refresher,
  fn: GetFunctionCommandOutput | undefined,
  commands: ShellCommands,
): Verdict {
  const { id, properties } = refresher.function;
  if (fn === undefined) return wrong(`${id} has been deleted`, ...recreate(refresher, commands));
  if (fn.Concurrency?.ReservedConcurrentExecutions === 0) {
    return wrong(
      'the function is stopped: its reserved concurrency is 0',
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
    const says = `environment variables were changed: ${variables.join(', ')}`;
    return wrong(problem === undefined ? says : `${says}\n${problem}`, restoreEnvironment());
  }
  const settings = differingSettings(properties, fn);
  if (settings.length > 0) {
    return wrong(
      `settings were changed: ${settings.join(', ')}`,
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
    return wrong('the function uses another role than deployed', configure('--role', properties.Role));
  }
  if (state === 'Failed' || update === 'Failed') {
    const why = reason === undefined ? '' : `: ${reason}`;
    return wrong(`Lambda reports the function as failed${why}`, restoreEnvironment());
  }
  if (state !== undefined && !CAN_RUN.has(state)) {
    return unknown(`the function's state is ${state}. Run doctor again in a few minutes`);
  }
  return ok(`${id}, ${state ?? 'exists'}`);
}

/** Lambda wakes an inactive function when it is invoked. */
const CAN_RUN: ReadonlySet<string> = new Set(['Active', 'Inactive']);

/** Names of variables that differ from the template, or that the function reads and the template lacks. */
function differingVariables(refresher: Refresher, fn: GetFunctionCommandOutput): readonly string[] {
  const actual = environmentOf(refresher, fn);
  const declared = variablesOf(refresher.function.properties);
  const added = READ_VARIABLES.filter((name) => !(name in declared) && actual[name] !== undefined);
  const changed = Object.entries(templateEnvironment(refresher)).filter(
    ([name, value]) => actual[name] !== value,
  );
  return [...changed.map(([name]) => name), ...added];
}

/** The function's own variables, and the one that disables its metrics. */
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
    ...changedProperties(SETTINGS, properties, live),
    ...(LogGroup !== undefined && group !== undefined && group !== LogGroup ? ['log group'] : []),
    ...(LogFormat !== undefined && format !== undefined && format !== LogFormat ? ['log format'] : []),
    // Metrics are log lines at INFO, and Lambda drops lines below this level.
    ...(['WARN', 'ERROR', 'FATAL'].includes(level) ? [`log level ${level}, which drops the metrics`] : []),
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

/** Needs no upload: the code is still in the bucket that the deployment used. */
function recreate(refresher: Refresher, commands: ShellCommands): readonly string[] {
  const { id, properties } = refresher.function;
  return [
    commands.restoreInput(refresher, createFunctionInput(properties, id), 'lambda', 'create-function'),
    ...restoreAsyncInvocation(refresher, commands),
  ];
}

/** CloudFormation and the Lambda API use the same properties, except that CloudFormation's tags are a list. */
function createFunctionInput(properties: Readonly<Record<string, unknown>>, FunctionName: string): object {
  const { Tags: tags, ...input } = properties;
  if (!Array.isArray(tags)) return { FunctionName, ...input };
  return { FunctionName, ...input, Tags: tagMap(tags) };
}
