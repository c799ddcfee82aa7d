import type { Context } from '../context.ts';
import { Unable } from '../unable.ts';
import { findRefreshers, stackExists } from './find-refreshers.ts';
import type { Refresher } from './refreshers-of-stack.ts';

/**
 * The refreshers that are meant: all, or the one with this name, stack or parameter.
 * @throws Unable where there is none
 */
export async function selectRefreshers(
  { clients: { cloudFormation }, stack }: Context,
  name: string | undefined,
): Promise<readonly Refresher[]> {
  const found = await findRefreshers(cloudFormation, stack ?? (await likelyStack(name)));
  const meant = found.filter(
    (refresher) =>
      name === undefined || [refresher.name, refresher.stack, refresher.parameterName].includes(name),
  );
  if (meant.length > 0) return meant;
  const where = `${stack === undefined ? '' : `stack ${stack} of `}region ${await cloudFormation.config.region()}`;
  if (found.length === 0) {
    throw new Unable(
      `there is no refresher in ${where}. Deploy one, or give another --region, --profile or --stack`,
    );
  }
  throw new Unable(`there is no refresher ${name} in ${where}. There are: ${namesOf(found)}`);

  /** Spares looking through every stack of the account for a refresher of the app. */
  async function likelyStack(of: string | undefined): Promise<string | undefined> {
    if (of === undefined || !/^[\w-]+$/.test(of)) return undefined;
    const likely = `TokenRefresher-${of}`;
    return (await stackExists(cloudFormation, likely)) ? likely : undefined;
  }
}

/** @throws Unable where there is none or more than one */
export async function selectRefresher(context: Context, name: string | undefined): Promise<Refresher> {
  const [refresher, ...others] = await selectRefreshers(context, name);
  if (refresher === undefined || others.length > 0) {
    throw new Unable(`say which refresher: ${namesOf([refresher, ...others])}`);
  }
  return refresher;
}

function namesOf(refreshers: readonly (Refresher | undefined)[]): string {
  return refreshers.map((refresher) => refresher?.name ?? '').join(', ');
}
