import { waitFor } from '../../../local/deploy-local/wait-for.ts';
import type { ConsumerResult } from '../../e2e/reading-consumer.ts';
import { expectEqual } from '../check.ts';
import type { TestRun } from '../test-run.ts';

/** Milliseconds. AWS promises no time for new permissions; a minute is more than anybody reports. */
const PERMISSIONS_WITHIN = 120_000;

export type Consumer = 'Neighbour' | 'Connected' | 'Reading' | 'Stranger' | 'Uninvited';

export function consume({ app, names }: TestRun, consumer: Consumer): Promise<ConsumerResult> {
  const { refresher, consumer: other } = names.stacks;
  const stack = consumer === 'Neighbour' ? refresher : other;
  return app.invoke<ConsumerResult>(app.output(`${consumer}Name`, stack));
}

export async function readAsConsumers(run: TestRun): Promise<string> {
  const { findings } = run;
  const granted = async (consumer: Consumer) => {
    const startedAt = Date.now();
    const look = async () => ((await consume(run, consumer)).status === 200 ? true : undefined);
    await waitFor(`the token for ${consumer}`, look, { within: PERMISSIONS_WITHIN, signal: run.signal });
    return `HTTP 200 after ${((Date.now() - startedAt) / 1_000).toFixed(1)} s`;
  };
  findings.record('sameStackReader', await granted('Neighbour'), true);
  findings.record('tagOnRole', await granted('Reading'), true);
  await granted('Connected');

  const stranger = await consume(run, 'Stranger');
  findings.record('noGrant', stranger.status === undefined ? 'no token' : 'a token', !stranger.status);
  expectEqual('a consumer without a grant', stranger, {});
  const { status } = await consume(run, 'Uninvited');
  findings.record('onlyIam', status === undefined ? 'no token' : 'a token', status === undefined);
  return 'three consumers with a grant read the token, one without reads nothing';
}
