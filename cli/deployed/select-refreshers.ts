import { CliError } from '../cli-error.ts';
import { regionOf } from '../clients.ts';
import type { CommandContext } from '../command-context.ts';
import { findRefreshers, stackExists } from './find-refreshers.ts';
import type { Refresher } from './refreshers-of-stack.ts';

/**
 * All refreshers, or those whose name, stack or parameter is `name`.
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
      name === undefined || [refresher.name, refresher.stack, refresher.parameterName].includes(name),
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
    const likely = `TokenRefresher-${of}`;
    return (await stackExists(cloudFormation, likely)) ? likely : undefined;
  }
}

/** @throws CliError unless exactly one matches */
export async function selectRefresher(context: CommandContext, name: string | undefined): Promise<Refresher> {
  const [refresher, ...others] = await selectRefreshers(context, name);
  if (refresher === undefined || others.length > 0) {
    throw new CliError(`there is more than one refresher. Name one of: ${namesOf([refresher, ...others])}`);
  }
  return refresher;
}

function namesOf(refreshers: readonly (Refresher | undefined)[]): string {
  return refreshers.map((refresher) => refresher?.name ?? '').join(', ');
}
