import { GetFunctionCommand, type GetFunctionCommandOutput, type LambdaClient } from '@aws-sdk/client-lambda';
import {
  type Configuration,
  type Environment,
  readConfiguration,
} from '../../lambda/refresher/configuration.ts';
import { ifThere } from './if-there.ts';
import { type Refresher, templateEnvironment } from './refreshers-of-stack.ts';

/** The refresher's function as it is now, or undefined where it is gone. */
export async function readFunction(
  lambda: LambdaClient,
  { function: { id } }: Refresher,
): Promise<GetFunctionCommandOutput | undefined> {
  return ifThere(lambda.send(new GetFunctionCommand({ FunctionName: id })));
}

/** The function's environment as it is now; where the function is gone, as the template had it. */
export function environmentOf(refresher: Refresher, fn: GetFunctionCommandOutput | undefined): Environment {
  return fn?.Configuration?.Environment?.Variables ?? templateEnvironment(refresher);
}

/**
 * What the refresher is set up to do. Where its environment cannot be used or the function is gone, it is what the
 * template says, so that the rest can still be looked at; undefined where that cannot be told either.
 */
export function configurationOf(
  refresher: Refresher,
  fn: GetFunctionCommandOutput | undefined,
): Configuration | undefined {
  for (const environment of [environmentOf(refresher, fn), templateEnvironment(refresher)]) {
    try {
      return readConfiguration(environment);
    } catch {
      // What is wrong with it is for the function's own link to say.
    }
  }
  return undefined;
}
