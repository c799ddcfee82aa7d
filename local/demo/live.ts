import { emitKeypressEvents } from 'node:readline';
import type { RefreshResult } from '../../lambda/shared/refresh-result.ts';
import { sha256 } from '../../lambda/shared/stored-token.ts';
import { callApi } from '../consumer.ts';
import { createKeys } from './keys.ts';
import { type ConsumerState, describeConsumer, readCommands, renderScreen } from './screen.ts';
import { LOCAL_POLICY, type LocalSystem } from './system.ts';

const CONSUMER_EVERY_MS = 1_000;
const SHOWN_EVENTS = 10;
/** Of a failure the screen shows the code and the beginning; the whole is in the function's log in AWS. */
const SHOWN_FAILURE = 72;

/** Runs the schedule and the consumer until somebody quits, and shows what happens. */
export async function runLive(system: LocalSystem): Promise<void> {
  const { authorizationServer, fn, parameterName } = system;
  const screen = process.stdout.isTTY === true;
  const events: string[] = [];
  let lastRun = 'not run yet';
  let underWay = 0;
  let token: { secondsLeft: number; version: number | undefined } | undefined;
  let consumer: ConsumerState = { calls: 0, failures: 0, failingSince: undefined, lastOutage: undefined };
  let closing = false;

  let last: { readonly text: string; times: number } = { text: '', times: 0 };
  const note = (text: string) => {
    last = text === last.text ? { text, times: last.times + 1 } : { text, times: 1 };
    const repeated = last.times > 1 ? ` (${last.times} times)` : '';
    const line = `${new Date().toTimeString().slice(0, 8)}  ${text}${repeated}`;
    if (last.times > 1) events.pop();
    events.push(line);
    if (events.length > SHOWN_EVENTS) events.shift();
    if (!screen) process.stdout.write(`${line}\n`);
  };
  const draw = () => {
    if (!screen || closing) return;
    const { up, rateLimited, requests } = authorizationServer;
    const text = renderScreen({
      now: Date.now(),
      readCommands: readCommands(system),
      authorization: !up ? 'down' : rateLimited ? 'answers 429' : 'up',
      tokenRequests: requests,
      secondsLeft: token?.secondsLeft,
      lifetime: LOCAL_POLICY.tokenLifetime,
      parameterVersion: token?.version,
      lastRun: underWay > 0 ? `running …, before that ${lastRun}` : lastRun,
      consumer,
      events,
    });
    process.stdout.write(`\x1b[H\x1b[2J${text}`);
  };

  const run = async (event: object, cause: string): Promise<void> => {
    underWay += 1;
    const answer = await fn.invoke(event);
    underWay -= 1;
    if (closing) return;
    if (answer.ok) {
      const { outcome, reason, parameter_version: version } = answer.result as RefreshResult;
      lastRun = `${outcome} (${reason})`;
      if (outcome === 'minted' || cause !== 'schedule')
        note(`${cause}: ${lastRun}, parameter version ${version}`);
    } else {
      const { errorMessage: message } = answer;
      lastRun = `failed: ${message.length > SHOWN_FAILURE ? `${message.slice(0, SHOWN_FAILURE)}…` : message}`;
      note(`${cause}: ${lastRun}`);
    }
    draw();
  };
  const consume = async (): Promise<void> => {
    const { status, record, version } = await callApi(system.ssm, parameterName, system.apiUrl);
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
      const rejected = sha256(record.access_token);
      await run({ rejected }, 'consumer reports a refused token');
    }
  };
  const repeat = async (milliseconds: number, action: () => Promise<void>): Promise<void> => {
    while (!closing) {
      await action();
      await new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
    }
  };

  await system.putCredentials();
  await run({}, 'schedule');
  if (!screen) process.stdout.write(`${readCommands(system).join('\n')}\n`);
  void repeat(LOCAL_POLICY.checkEvery * 1_000, () => run({}, 'schedule'));
  void repeat(CONSUMER_EVERY_MS, consume);

  const keys: Readonly<Record<string, () => Promise<void>>> = createKeys(system, { note, run });
  await new Promise<void>((quit) => {
    process.once('SIGINT', quit);
    process.once('SIGTERM', quit);
    if (!process.stdin.isTTY) return;
    emitKeypressEvents(process.stdin);
    process.stdin.setRawMode(true);
    process.stdin.on('keypress', (_text, { name = '', ctrl }: { name?: string; ctrl?: boolean }) => {
      if (name === 'q' || (ctrl === true && name === 'c')) return quit();
      void keys[name]?.().then(draw);
    });
  });
  closing = true;
  if (process.stdin.isTTY) process.stdin.setRawMode(false);
  process.stdin.pause();
  process.stdout.write(`consumer              ${describeConsumer(consumer, Date.now())}\n`);
}
