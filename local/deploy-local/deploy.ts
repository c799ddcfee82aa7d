import { deployApp } from './deploy-app.ts';
import { followFunctionLog } from './function-log.ts';
import { printDeployment } from './print-deployment.ts';
import { createStep } from './print-step.ts';
import { startLocalServices } from './start-local-services.ts';

const print = (text: string) => void process.stdout.write(`${text}\n`);
const step = createStep((text) => void process.stdout.write(text));
const interruption = new AbortController();
const { signal } = interruption;
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => interruption.abort());

const started = new AsyncDisposableStack();
process.exitCode = 1;
try {
  print('Deploying the app of cdk.json to a local cloud. Ctrl-C stops everything.\n');
  const services = await startLocalServices(started, step, signal);
  const deployed = await deployApp(services, step, signal);
  await printDeployment(services, deployed, print);
  // From here on, an interruption is the normal way to stop.
  process.exitCode = 0;
  await followFunctionLog(services.clients, deployed, print, signal);
} catch (error) {
  if (!signal.aborted) {
    process.exitCode = 1;
    print(`\n${error instanceof Error ? error.message : 'failed for an unknown reason'}`);
  }
} finally {
  if (signal.aborted) print('\nStopping …');
  await started.disposeAsync();
}
