import type { GetFunctionCommandOutput } from '@aws-sdk/client-lambda';
import { readConfiguration } from '../../lambda/configuration.ts';
import { RefreshError } from '../../lambda/errors.ts';
import type { Commands } from '../commands.ts';
import { environmentOf } from '../deployed/function.ts';
import { type Refresher, templateEnvironment } from '../deployed/refreshers.ts';
import { ok, type Verdict, wrong } from './finding.ts';

/** Whether there is a function, whether it may run, and whether its settings are those that were deployed. */
export function checkFunction(
  refresher: Refresher,
  fn: GetFunctionCommandOutput | undefined,
  commands: Commands,
): Verdict {
  const { id } = refresher.function;
  if (fn === undefined) return wrong(`function ${id} has been deleted`, ...recreate(refresher, commands));
  const { State: state, StateReason: reason, LastUpdateStatus: update, Role: role } = fn.Configuration ?? {};
  if (fn.Concurrency?.ReservedConcurrentExecutions === 0) {
    return wrong(
      'the function is not allowed to run: its reserved concurrency is 0',
      commands.aws('lambda', 'delete-function-concurrency', '--function-name', id),
    );
  }
  const environment = JSON.stringify({ Variables: templateEnvironment(refresher) });
  const configure = (...settings: readonly string[]) =>
    commands.aws('lambda', 'update-function-configuration', '--function-name', id, ...settings);
  const differing = differingVariables(refresher, fn);
  if (differing.length > 0) {
    const problem = configurationProblem(refresher, fn);
    return wrong(
      `the function's environment is not as it was deployed: ${differing.join(', ')}${problem === undefined ? '' : `\n${problem}`}`,
      configure('--environment', environment),
    );
  }
  const deployedRole = refresher.function.properties.Role;
  if (typeof deployedRole === 'string' && role !== deployedRole) {
    return wrong(
      'the function has another role than it was deployed with',
      configure('--role', deployedRole),
    );
  }
  if (state === 'Failed' || update === 'Failed') {
    return wrong(
      `Lambda reports the function as failed${reason === undefined ? '' : `: ${reason}`}`,
      configure('--environment', environment),
    );
  }
  return ok(`${id}, ${state ?? 'there'}`);
}

function differingVariables(refresher: Refresher, fn: GetFunctionCommandOutput): readonly string[] {
  const actual = environmentOf(refresher, fn);
  return Object.entries(templateEnvironment(refresher))
    .filter(([name, value]) => actual[name] !== value)
    .map(([name]) => name);
}

function configurationProblem(refresher: Refresher, fn: GetFunctionCommandOutput): string | undefined {
  try {
    readConfiguration(environmentOf(refresher, fn));
    return undefined;
  } catch (error) {
    return error instanceof RefreshError ? error.message : undefined;
  }
}

/** CloudFormation's names of a function's properties are those of Lambda's API, and the code is still where it was. */
function recreate({ function: fn, eventInvokeConfig }: Refresher, commands: Commands): readonly string[] {
  const create = JSON.stringify({ ...fn.properties, FunctionName: fn.id });
  const configure = (input: object) =>
    commands.aws('lambda', 'put-function-event-invoke-config', '--cli-input-json', JSON.stringify(input));
  return [
    commands.aws('lambda', 'create-function', '--cli-input-json', create),
    ...(eventInvokeConfig === undefined ? [] : [configure(eventInvokeConfig.properties)]),
  ];
}
