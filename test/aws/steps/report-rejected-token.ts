import type { RefreshResult } from '../../../lambda/shared/refresh-result.ts';
import { waitFor } from '../../../local/deploy-local/wait-for.ts';
import { TOKEN_LIFETIME } from '../authorization-server/control.ts';
import { expectEqual } from '../check.ts';
import type { TestRun } from '../test-run.ts';
import { consume } from './read-as-consumers.ts';

/** On an emulator each invocation is a process on this machine. */
const REPORTS = { aws: 100, emulator: 10 } as const;

/** Seconds. Below this age, the refresher does not replace a rejected token: a tenth of the lifetime. */
const YOUNGEST = TOKEN_LIFETIME / 10 + 2;
/** Seconds. Above this age, the schedule may replace the token during this step. */
const OLDEST = TOKEN_LIFETIME / 2 - 30;

/** Revokes the token and reports it many times at once. One report mints, and the consumers go on. */
export async function reportRejectedToken(run: TestRun): Promise<string> {
  const { app, account, findings, server } = run;
  await untilReplaceable(run);
  const { fingerprint: rejected } = await consume(run, 'Reading');
  const before = await app.storedVersion();
  await server.revokeAll();
  expectEqual('the API after the revocation', (await consume(run, 'Reading')).status, 401);

  const count = account.isEmulator ? REPORTS.emulator : REPORTS.aws;
  const reports = await Promise.allSettled(Array.from({ length: count }, () => app.refresh({ rejected })));
  const results = reports.flatMap((report) => (report.status === 'fulfilled' ? [report.value] : []));
  const minted = results.filter(({ outcome }) => outcome === 'minted').length;
  const failed = count - results.length;
  const seen = `${minted} minted, ${count - minted - failed} kept, ${failed} failed, of ${count} reports`;
  findings.record('claim', seen, minted === 1 && failed === 0);
  expectEqual('runs that minted', minted, 1);
  expectEqual('versions stored', (await app.storedVersion()) - before, 1);

  expectEqual('the API with the new token', (await consume(run, 'Reading')).status, 200);
  expectEqual('the consumer that reports by itself', (await consume(run, 'Connected')).status, 200);
  return seen;
}

/** Waits for a token that may be replaced, and that the schedule does not replace yet. */
async function untilReplaceable({ app, signal }: TestRun): Promise<void> {
  const look = async (): Promise<RefreshResult | undefined> => {
    const result = await app.refresh();
    const age = TOKEN_LIFETIME - (result.expires_at - Date.now() / 1_000);
    return age >= YOUNGEST && age <= OLDEST ? result : undefined;
  };
  await waitFor('a token of the right age', look, { within: 300_000, every: 2_000, signal });
}
