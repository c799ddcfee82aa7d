import { writeFile } from 'node:fs/promises';
import { createDeployedApp } from '../e2e/deployed-app.ts';
import { type Account, openAccount } from './account.ts';
import { createServerControl } from './authorization-server/control.ts';
import { removeEverything } from './cleanup.ts';
import { confirm, describeRun } from './confirm.ts';
import { createFindings } from './findings.ts';
import { createNames, type Names } from './names.ts';
import { readOptions, USAGE } from './options.ts';
import { renderReport } from './report.ts';
import { runSteps, type StepResult } from './run-steps.ts';
import type { TestRun } from './test-run.ts';

/** Milliseconds. On AWS a deployment takes minutes. */
const DEPLOYED_WITHIN = 1_200_000;

/** The shortest that EventBridge Scheduler allows. */
const CHECK_EVERY = 'PT1M';

const write = (text: string) => void process.stdout.write(text);
const interruption = new AbortController();
const { signal } = interruption;
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    write('\nStopping. Everything that this run created is removed first, which may take some minutes.\n');
    interruption.abort();
  });
}

// A closed terminal must not prevent the removal.
process.stdout.on('error', () => undefined);

try {
  process.exitCode = await main();
} catch (error) {
  write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
// An interrupted step may still wait for an answer.
process.exit();

/** Returns the exit code: 0 if every step passed and nothing remains. */
async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  if (!options.yes && !process.stdin.isTTY) {
    write(`${USAGE}\nThere is no terminal to ask in. Add --yes to start without the question.\n`);
    return 1;
  }
  const account = await openAccount(options.local, signal);
  try {
    const names = createNames();
    write(describeRun(account, names));
    if (!options.yes && !(await confirm(signal))) {
      write('Nothing was created.\n');
      return 1;
    }
    return await testAccount(account, names, options.report);
  } finally {
    await account.close();
  }
}

async function testAccount(account: Account, names: Names, file: string | undefined): Promise<number> {
  const startedAt = new Date();
  const closing = new AsyncDisposableStack();
  const findings = createFindings(account.isEmulator);
  let steps: readonly StepResult[] = [];
  let remains: readonly string[] = [];
  try {
    const run = await prepare(account, names, { closing, findings });
    steps = await runSteps(run, write);
  } finally {
    remains = await removeEverything(account.clients, names);
    await closing.disposeAsync();
  }
  const report = renderReport({ account, names, startedAt, steps, findings: findings.all(), remains });
  write(`\n${report}`);
  if (file !== undefined) await writeFile(file, report);
  return steps.every(({ outcome }) => outcome === 'passed') && remains.length === 0 ? 0 : 1;
}

async function prepare(
  account: Account,
  names: Names,
  { closing, findings }: Pick<TestRun, 'closing' | 'findings'>,
): Promise<TestRun> {
  const { clients, cdk } = account;
  const written: string[] = [];
  const settings = {
    parameterName: names.tokenParameter,
    credentials: names.secret,
    checkEvery: CHECK_EVERY,
    refreshBefore: 'PT2M',
    dashboard: false,
  };
  const app = await createDeployedApp(names.refresher, settings, {
    cdk,
    clients,
    signal,
    deployedWithin: DEPLOYED_WITHIN,
    // Only the consumers read the token.
    confidential: () => undefined,
    recordWritten: (text) => void written.push(text),
  });
  closing.defer(() => app.close());
  return {
    account,
    names,
    findings,
    server: createServerControl(clients.ssm, names.serverState),
    app,
    context: {},
    signal,
    written,
    closing,
    serverUrl: '',
  };
}
