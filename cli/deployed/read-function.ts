import { GetFunctionCommand, type GetFunctionCommandOutput, type LambdaClient } from '@aws-sdk/client-lambda';
import {
  type Configuration,
  type Environment,
  readConfiguration,
} from '../../lambda/refresher/configuration.ts';
import { type Refresher, templateEnvironment } from './refreshers-of-stack.ts';
import { unlessGone } from './unless-gone.ts';

/** Reads the live function, or returns undefined if it was deleted. */
export async function readFunction(
  lambda: LambdaClient,
  { function: { id } }: Refresher,
): Promise<GetFunctionCommandOutput | undefined> {
  return unlessGone(lambda.send(new GetFunctionCommand({ FunctionName: id })));
}

/** The live environment, or the template's if the function was deleted. */
export function environmentOf(refresher: Refresher, fn: GetFunctionCommandOutput | undefined): Environment {
  return fn?.Configuration?.Environment?.Variables ?? templateEnvironment(refresher);
}

/**
 * The live configuration. If that is invalid, the template's, so that the other parts can still be checked. Undefined
 * if neither is usable.
 */
export function configurationOf(
  refresher: Refresher,
  fn: GetFunctionCommandOutput | undefined,
): Configuration | undefined {
  for (const environment of [environmentOf(refresher, fn), templateEnvironment(refresher)]) {
    try {
      return readConfiguration(environment);
    } catch {
      // checkFunction reports what is wrong with it.
    }
  }
  return undefined;
}
