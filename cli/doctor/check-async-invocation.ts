import { GetFunctionEventInvokeConfigCommand, type LambdaClient } from '@aws-sdk/client-lambda';
import type { Refresher } from '../deployed/refreshers-of-stack.ts';
import { unlessGone } from '../deployed/unless-gone.ts';
import type { ShellCommands } from '../shell-commands.ts';
import { duration } from '../terminal/time.ts';
import { type Verdict, wrong } from './finding.ts';

/** Properties of `AWS::Lambda::EventInvokeConfig`. */
interface EventInvokeProperties {
  readonly FunctionName?: string;
  readonly Qualifier?: string;
  readonly MaximumEventAgeInSeconds?: number;
  readonly MaximumRetryAttempts?: number;
  readonly DestinationConfig?: { readonly OnFailure?: { readonly Destination?: string } };
}

/** How long Lambda keeps an event without a setting, in seconds. */
const DEFAULT_EVENT_AGE = 6 * 3_600;

/**
 * Checks that Lambda sends failed runs to the dead-letter queue, does not retry them, and does not keep events that it could not
 * run for longer than deployed. Undefined if so.
 */
export async function checkAsyncInvocation(
  refresher: Refresher,
  lambda: LambdaClient,
  commands: ShellCommands,
): Promise<Verdict | undefined> {
  if (refresher.eventInvokeConfig === undefined) return undefined;
  const properties: EventInvokeProperties = refresher.eventInvokeConfig.properties;
  const { FunctionName, Qualifier, MaximumRetryAttempts: attempts, DestinationConfig } = properties;
  const live = await unlessGone(
    lambda.send(new GetFunctionEventInvokeConfigCommand({ FunctionName, Qualifier })),
  );
  const queue = DestinationConfig?.OnFailure?.Destination;
  const isLost = queue !== undefined && live?.DestinationConfig?.OnFailure?.Destination !== queue;
  const deployedAge = properties.MaximumEventAgeInSeconds ?? DEFAULT_EVENT_AGE;
  const age = live?.MaximumEventAgeInSeconds ?? DEFAULT_EVENT_AGE;
  const faults = [
    ...(isLost ? ['failed runs do not reach the dead-letter queue'] : []),
    // Without a setting, Lambda retries twice.
    ...(live?.MaximumRetryAttempts === attempts ? [] : ['Lambda retries failed runs']),
    ...(age === deployedAge
      ? []
      : [`Lambda keeps throttled events for ${duration(age)} instead of ${duration(deployedAge)}`]),
  ];
  if (faults.length === 0) return undefined;
  return wrong(faults.join('; '), ...restoreAsyncInvocation(refresher, commands));
}

/** The command that restores how Lambda handles failed runs. */
export function restoreAsyncInvocation(refresher: Refresher, commands: ShellCommands): readonly string[] {
  const properties = refresher.eventInvokeConfig?.properties;
  if (properties === undefined) return [];
  return [commands.restoreInput(refresher, properties, 'lambda', 'put-function-event-invoke-config')];
}
