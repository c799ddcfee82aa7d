import type { ShellCommands } from '../shell-commands.ts';
import type { Refresher } from './refreshers-of-stack.ts';

/**
 * The commands that let the function decrypt its environment after its role was deleted and made again. Lambda's grant
 * on the key `aws/lambda` names the role's unique id, and the new role has another id. Lambda makes a new grant when
 * the function changes to another role. If the stack has no other role for Lambda, there are no commands.
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
