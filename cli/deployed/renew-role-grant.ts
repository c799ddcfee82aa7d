import type { ShellCommands } from '../shell-commands.ts';
import type { Refresher } from './refreshers-of-stack.ts';

/**
 * The commands after which the function can decrypt its environment again. Lambda's grant of the key `aws/lambda` names
 * the unique id of the role, so it is void after the role was deleted and made again. Lambda renews the grant only if
 * the function gets another role. Without another role of the stack, there are no such commands.
 * Source: https://repost.aws/knowledge-center/lambda-kmsaccessdeniedexception-errors
 */
export function renewRoleGrant(refresher: Refresher, commands: ShellCommands): readonly string[] {
  const { function: fn, otherLambdaRoleArn: other } = refresher;
  const { Role: own } = fn.properties;
  if (other === undefined || typeof own !== 'string') return [];
  const name = ['--function-name', fn.id];
  const use = (role: string) =>
    commands.aws('lambda', 'update-function-configuration', ...name, '--role', role);
  const wait = commands.aws('lambda', 'wait', 'function-updated-v2', ...name);
  return [use(other), wait, use(own), wait];
}
