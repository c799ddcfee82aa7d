import { parseArgs } from 'node:util';
import { ENVIRONMENT_FILE } from './consumer-environment.ts';
import { createDisplay, createLines, type Display } from './display.ts';
import { type LocalSystem, startSystem } from './local-system.ts';
import { runLive } from './run-live.ts';
import { runOnce } from './run-once.ts';
import { describeKeys, describeStatus } from './screen.ts';
import { untilAborted, untilEnded } from './until-ended.ts';

const ended = untilEnded();
const lines = createLines(process.stdout, describeStatus);
let display: Display = lines;
let summary: readonly string[] = [];
try {
  const { once } = readOptions();
  if (!once) display = createDisplay(process.stdout, describeStatus);
  display.note('Starting the authorization server, the AWS endpoint and the bundled function …');
  await using system = await startSystem(ended.signal);
  for (const line of describeSystem(system)) display.note(line);
  if (!once) for (const line of describeUse()) display.note(line);
  if (once) await Promise.race([untilAborted(ended.signal), runOnce(system, display.note)]);
  else summary = await runLive(system, display, ended);
} catch (error) {
  if (!ended.signal.aborted) {
    summary = [`failed                ${error instanceof Error ? error.message : 'unknown error'}`];
    process.exitCode = 1;
  }
}
display.close();
for (const line of summary) lines.note(line);
// A reader may still wait for a token.
process.exit();

function readOptions(): { once: boolean } {
  // npm keeps an option in front of `--` for itself.
  if (process.env.npm_config_once !== undefined)
    throw new Error('npm kept --once for itself. Type: npm start -- --once');
  const { values, positionals } = parseArgs({
    options: { once: { type: 'boolean', default: false } },
    allowPositionals: true,
    strict: false,
  });
  const { once, ...others } = values;
  const [unknown] = [...Object.keys(others).map((option) => `--${option}`), ...positionals];
  if (unknown !== undefined)
    throw new Error(`${unknown} is unknown. The only option is --once: npm start -- --once`);
  return { once: once === true };
}

function describeSystem({ cloud, authorizationServer, apiUrl }: LocalSystem): string[] {
  return [
    `AWS endpoint          ${cloud.url}${cloud.external ? ' (from AWS_ENDPOINT_URL)' : ''}, region ${cloud.region}`,
    `authorization server  ${authorizationServer.tokenUrl}`,
    `API                   ${apiUrl}`,
  ];
}

/** What the user can do while the demo runs. */
function describeUse(): string[] {
  const consumer = `your own consumer     node --env-file=${ENVIRONMENT_FILE} consumer.mjs`;
  return process.stdin.isTTY ? [consumer, ...describeKeys()] : [consumer];
}
