import { CliError } from '../cli-error.ts';
import { regionOf } from '../clients.ts';
import type { CommandContext } from '../command-context.ts';
import { findRefreshers, stackExists } from './find-refreshers.ts';
import { matches } from './name-pattern.ts';
import { type Refresher, STACK_PREFIX } from './refreshers-of-stack.ts';

/**
 * All refreshers, or those whose name, stack or parameter is `name`, or matches it if it is a pattern.
 * @throws CliError if there is none
 */
export async function selectRefreshers(
  { clients, stack }: CommandContext,
  name: string | undefined,
): Promise<readonly Refresher[]> {
  const { cloudFormation } = clients;
  const found = await findRefreshers(cloudFormation, stack ?? (await likelyStack(name)));
  const selected = found.filter(
    (refresher) =>
      name === undefined ||
      [refresher.name, refresher.stack, refresher.parameterName].some((text) => matches(name, text)),
  );
  if (selected.length > 0) return selected;
  const place = `${stack === undefined ? '' : `stack ${stack} of `}region ${await regionOf(clients)}`;
  if (found.length === 0) {
    throw new CliError(`no refresher in ${place}. Deploy one, or change --region, --profile or --stack`);
  }
  throw new CliError(`no refresher ${name} in ${place}. Found: ${namesOf(found)}`);

  /** Avoids reading every stack of the account if the name is one of cdk.json. */
  async function likelyStack(of: string | undefined): Promise<string | undefined> {
    if (of === undefined || !/^[\w-]+$/.test(of)) return undefined;
    const likely = `${STACK_PREFIX}${of}`;
    return (await stackExists(cloudFormation, likely)) ? likely : undefined;
  }
}

/** @throws CliError unless exactly one matches */
export async function selectRefresher(context: CommandContext, name: string | undefined): Promise<Refresher> {
  return onlyOne(await selectRefreshers(context, name), name);
}

/** @throws CliError unless there is exactly one */
export function onlyOne(selected: readonly Refresher[], name: string | undefined): Refresher {
  const [refresher, another] = selected;
  if (refresher !== undefined && another === undefined) return refresher;
  const found =
    name === undefined ? 'there is more than one refresher' : `more than one refresher matches ${name}`;
  throw new CliError(`${found}. Name one of: ${namesOf(selected)}`);
}

function namesOf(refreshers: readonly Refresher[]): string {
  return refreshers.map(({ name }) => name).join(', ');
}
