import { parseArgs } from 'node:util';
import { startSystem } from './local-system.ts';
import { runLive } from './run-live.ts';
import { runOnce } from './run-once.ts';

const print = (line: string) => process.stdout.write(`${line}\n`);

try {
  const { values: options } = parseArgs({ options: { once: { type: 'boolean', default: false } } });
  print('Starting the authorization server, the AWS endpoint and the bundled function …');
  await using system = await startSystem();
  print(`AWS endpoint          ${system.awsUrl}${system.external ? ' (from AWS_ENDPOINT_URL)' : ''}`);
  print(`authorization server  ${system.authorizationServer.tokenUrl}`);
  await (options.once ? runOnce(system, print) : runLive(system));
} catch (error) {
  print(`failed                ${error instanceof Error ? error.message : 'unknown error'}`);
  process.exitCode = 1;
}
