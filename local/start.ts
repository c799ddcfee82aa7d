import { createHash } from 'node:crypto';
import { emitKeypressEvents } from 'node:readline';
import { parseArgs } from 'node:util';
import type { RefreshResult } from '../lambda/refresh.ts';
import { callApi } from './consumer.ts';
import { runOnce } from './once.ts';
import { type ConsumerState, describeConsumer, renderScreen } from './screen.ts';
import { LOCAL_POLICY, type LocalSystem, startSystem } from './system.ts';

const CONSUMER_EVERY_MS = 1_000;
const SHOWN_EVENTS = 10;

const { values: options } = parseArgs({ options: { once: { type: 'boolean', default: false } } });
const say = (line: string) => process.stdout.write(`${line}\n`);

say('Starting the authorization server, the AWS endpoint and the bundled function …');
const system = await startSystem();
say(`AWS endpoint          ${system.awsUrl}${system.external ? ' (from AWS_ENDPOINT_URL)' : ''}`);
say(`authorization server  ${system.authorizationServer.tokenUrl}`);
if (options.once) await once(system);
else await live(system);

async function once(running: LocalSystem): Promise<void> {
  try {
    await runOnce(running, say);
  } catch (error) {
    say(`failed              ${error instanceof Error ? error.message : 'for an unknown reason'}`);
    process.exitCode = 1;
  }
  await running.close();
}

async function live(running: LocalSystem): Promise<void> {
  const { authorizationServer, fn, parameterName } = running;
  const screen = process.stdout.isTTY === true;
  const readCommand = `aws ssm get-parameter --region ${running.region} --name ${parameterName} --with-decryption`;
  const events: string[] = [];
  let lastRun = 'not run yet';
  let token: { secondsLeft: number; version: number | undefined } | undefined;
  let consumer: ConsumerState = { calls: 0, failures: 0, failingSince: undefined, lastOutage: undefined };
  let closing = false;

  let last: { readonly text: string; times: number } = { text: '', times: 0 };
  const note = (text: string) => {
    last = text === last.text ? { text, times: last.times + 1 } : { text, times: 1 };
    const repeated = last.times > 1 ? ` (${last.times} times)` : '';
    const line = `${new Date().toISOString().slice(11, 19)}  ${text}${repeated}`;
    if (last.times > 1) events.pop();
    events.push(line);
    if (events.length > SHOWN_EVENTS) events.shift();
    if (!screen) say(line);
  };
  const draw = () => {
    if (!screen || closing) return;
    const { up, rateLimited, requests } = authorizationServer;
    const text = renderScreen({
      now: Date.now(),
      awsUrl: running.awsUrl,
      readCommand,
      authorization: !up ? 'down' : rateLimited ? 'answers 429' : 'up',
      tokenRequests: requests,
      secondsLeft: token?.secondsLeft,
      lifetime: LOCAL_POLICY.tokenLifetime,
      parameterVersion: token?.version,
      lastRun,
      consumer,
      events,
    });
    process.stdout.write(`\x1b[H\x1b[2J${text}`);
  };

  const run = async (event: object, cause: string): Promise<void> => {
    const answer = await fn.invoke(event);
    if (closing) return;
    if (answer.ok) {
      const { outcome, reason, parameter_version: version } = answer.result as RefreshResult;
      lastRun = `${outcome} (${reason})`;
      if (outcome === 'minted' || cause !== 'schedule')
        note(`${cause}: ${lastRun}, parameter version ${version}`);
    } else {
      lastRun = `failed: ${answer.errorMessage.slice(0, 100)}`;
      note(`${cause}: ${lastRun}`);
    }
    draw();
  };
  const consume = async (): Promise<void> => {
    const { status, record, version } = await callApi(running.ssm, parameterName, running.apiUrl);
    if (closing) return;
    const now = Date.now();
    const failed = status !== 200;
    if (record !== undefined) token = { secondsLeft: record.expires_at - Math.floor(now / 1000), version };
    const { failingSince } = consumer;
    if (failed && failingSince === undefined) note(`consumer: the API answered ${status ?? 'nothing'}`);
    const outage = !failed && failingSince !== undefined ? Math.ceil((now - failingSince) / 1000) : undefined;
    if (outage !== undefined) note(`consumer: works again after ${outage} s`);
    consumer = {
      calls: consumer.calls + 1,
      failures: consumer.failures + (failed ? 1 : 0),
      failingSince: failed ? (failingSince ?? now) : undefined,
      lastOutage: outage ?? consumer.lastOutage,
    };
    draw();
    if (status === 401 && record !== undefined) {
      const rejected = createHash('sha256').update(record.access_token).digest('hex');
      await run({ rejected }, 'consumer reports a refused token');
    }
  };

  const keys: Readonly<Record<string, () => Promise<void> | void>> = {
    d: async () => {
      const wasUp = authorizationServer.up;
      await (wasUp ? authorizationServer.stop() : authorizationServer.start());
      note(`you: authorization server ${wasUp ? 'down' : 'up'}`);
    },
    l: () => {
      authorizationServer.rateLimited = !authorizationServer.rateLimited;
      note(`you: rate limit ${authorizationServer.rateLimited ? 'on' : 'off'}`);
    },
    r: () => {
      authorizationServer.revokeAll();
      note('you: token revoked');
    },
    c: async () => {
      authorizationServer.rotateClientSecret();
      await running.putCredentials();
      note('you: credentials rotated');
    },
    f: () => run({ force: true }, 'you'),
  };

  await running.putCredentials();
  await run({}, 'schedule');
  const repeat = async (milliseconds: number, action: () => Promise<void>): Promise<void> => {
    while (!closing) {
      await action();
      await new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
    }
  };
  if (!screen) say(`${readCommand}   (with AWS_ENDPOINT_URL=${running.awsUrl})`);
  void repeat(LOCAL_POLICY.checkEvery * 1_000, () => run({}, 'schedule'));
  void repeat(CONSUMER_EVERY_MS, consume);

  const stop = async (): Promise<void> => {
    if (closing) return;
    closing = true;
    if (process.stdin.isTTY) process.stdin.setRawMode(false);
    process.stdin.pause();
    say(`consumer              ${describeConsumer(consumer, Date.now())}`);
    await running.close();
  };
  process.once('SIGINT', () => void stop());
  process.once('SIGTERM', () => void stop());
  if (process.stdin.isTTY) {
    emitKeypressEvents(process.stdin);
    process.stdin.setRawMode(true);
    process.stdin.on('keypress', (_text, key: { name?: string; ctrl?: boolean }) => {
      if (key.name === 'q' || (key.ctrl === true && key.name === 'c')) return void stop();
      void Promise.resolve(keys[key.name ?? '']?.()).then(draw);
    });
  }
}
