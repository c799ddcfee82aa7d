import cdkJson from '../../cdk.json' with { type: 'json' };
import { readSettings } from '../../infra/settings.ts';
import { deployApp } from './deploy-app.ts';
import { followDeployment } from './follow-deployment.ts';
import { localEntry } from './local-entry.ts';
import { printDeployment } from './print-deployment.ts';
import { createStep } from './print-step.ts';
import { selectEntries } from './select-entries.ts';
import { startLocalServices } from './start-local-services.ts';

const interruption = new AbortController();
const { signal } = interruption;
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => interruption.abort());
// Ctrl-C also ends a program that reads the output, such as tee. Everything must still be stopped.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => interruption.abort());
const write = (text: string) => void (process.stdout.writable && process.stdout.write(text));
const print = (text: string) => write(`${text}\n`);
const step = createStep(write);

const started = new AsyncDisposableStack();
process.exitCode = 1;
try {
  const settings = readSettings(cdkJson.context);
  const names = selectEntries(process.argv.slice(2), [...settings.keys()]);
  print(`Deploying ${names.join(', ')} of cdk.json to a local cloud. Ctrl-C stops everything.\n`);
  const services = await startLocalServices(started, step, signal);
  const entries = [...settings].flatMap(([name, one]) =>
    names.includes(name) ? [localEntry(name, one, services.authorizationServer)] : [],
  );
  const deployed = await deployApp(services, entries, step, signal);
  await printDeployment(services, deployed, print);
  // From here on, an interruption is the normal way to stop.
  process.exitCode = 0;
  await followDeployment(services.clients, deployed, print, signal);
} catch (error) {
  if (!signal.aborted) {
    process.exitCode = 1;
    print(`\n${error instanceof Error ? error.message : 'failed for an unknown reason'}`);
  }
} finally {
  if (signal.aborted) print('\nStopping …');
  await started.disposeAsync();
}
