import { parseArgs } from 'node:util';
import { runLive } from './live.ts';
import { runOnce } from './once.ts';
import { startSystem } from './system.ts';

const say = (line: string) => process.stdout.write(`${line}\n`);

try {
  const { values: options } = parseArgs({ options: { once: { type: 'boolean', default: false } } });
  say('Starting the authorization server, the AWS endpoint and the bundled function …');
  await using system = await startSystem();
  say(`AWS endpoint          ${system.awsUrl}${system.external ? ' (from AWS_ENDPOINT_URL)' : ''}`);
  say(`authorization server  ${system.authorizationServer.tokenUrl}`);
  await (options.once ? runOnce(system, say) : runLive(system));
} catch (error) {
  say(`failed                ${error instanceof Error ? error.message : 'for an unknown reason'}`);
  process.exitCode = 1;
}
