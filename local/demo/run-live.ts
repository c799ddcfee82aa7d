import { emitKeypressEvents } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RefreshResult } from '../../lambda/shared/refresh-result.ts';
import { sha256 } from '../../lambda/shared/stored-token.ts';
import { callApi } from '../call-api.ts';
import type { InvocationResult } from '../function-runtime.ts';
import { afterCall, type ConsumerState, INITIAL_CONSUMER } from './consumer-state.ts';
import { createEventLog, type EventLog } from './event-log.ts';
import { createKeys } from './keys.ts';
import { LOCAL_POLICY, type LocalSystem } from './local-system.ts';
import { describeConsumer, readCommands, renderScreen } from './screen.ts';

const CONSUMER_EVERY_MS = 1_000;
/** Characters of an error message that fit on the screen. */
const SHOWN_MESSAGE = 72;

interface Live {
  readonly system: LocalSystem;
  readonly log: EventLog;
  lastRun: string;
  runsInProgress: number;
  token: { readonly secondsLeft: number; readonly version: number | undefined } | undefined;
  consumer: ConsumerState;
  closing: boolean;
}

/** Without a terminal, events are printed as lines instead. */
const isScreen = process.stdout.isTTY === true;

/** Runs the schedule and a consumer until the user quits, and shows what happens. */
export async function runLive(system: LocalSystem): Promise<void> {
  const live: Live = {
    system,
    log: createEventLog((line) => {
      if (!isScreen) process.stdout.write(`${line}\n`);
    }),
    lastRun: 'not run yet',
    runsInProgress: 0,
    token: undefined,
    consumer: INITIAL_CONSUMER,
    closing: false,
  };
  await system.putCredentials();
  await run(live, {}, 'schedule');
  if (!isScreen) process.stdout.write(`${readCommands(system).join('\n')}\n`);
  void repeat(live, LOCAL_POLICY.checkEvery * 1_000, () => run(live, {}, 'schedule'));
  void repeat(live, CONSUMER_EVERY_MS, () => consume(live));
  await untilQuit(live);
  live.closing = true;
  process.stdout.write(`consumer              ${describeConsumer(live.consumer, Date.now())}\n`);
}

async function run(live: Live, event: object, cause: string): Promise<void> {
  live.runsInProgress += 1;
  const answer = await live.system.fn.invoke(event);
  live.runsInProgress -= 1;
  if (live.closing) return;
  const { text, result } = describeRun(answer);
  live.lastRun = text;
  if (result === undefined) live.log.add(`${cause}: ${text}`);
  else if (result.outcome === 'minted' || cause !== 'schedule')
    live.log.add(`${cause}: ${text}, parameter version ${result.parameter_version}`);
  draw(live);
}

function describeRun(answer: InvocationResult): { text: string; result?: RefreshResult } {
  if (answer.ok) {
    const result = answer.result as RefreshResult;
    return { text: `${result.outcome} (${result.reason})`, result };
  }
  const { errorMessage: message } = answer;
  const shown = message.length > SHOWN_MESSAGE ? `${message.slice(0, SHOWN_MESSAGE)}…` : message;
  return { text: `failed: ${shown}` };
}

async function consume(live: Live): Promise<void> {
  const { ssm, parameterName, apiUrl } = live.system;
  const call = await callApi(ssm, parameterName, apiUrl);
  if (live.closing) return;
  const now = Date.now();
  const { status, record, version } = call;
  if (record !== undefined) live.token = { secondsLeft: record.expires_at - Math.floor(now / 1000), version };
  const { state, event } = afterCall(live.consumer, call, now);
  live.consumer = state;
  if (event !== undefined) live.log.add(event);
  draw(live);
  if (status !== 401 || record === undefined) return;
  await run(live, { rejected: sha256(record.access_token) }, 'consumer reports a rejected token');
}

async function repeat(live: Live, milliseconds: number, action: () => Promise<void>): Promise<void> {
  while (!live.closing) {
    await action();
    await sleep(milliseconds, undefined, { ref: false });
  }
}

async function untilQuit(live: Live): Promise<void> {
  const keys: Readonly<Record<string, () => Promise<void>>> = createKeys(live.system, {
    log: live.log.add,
    run: (event, cause) => run(live, event, cause),
  });
  await new Promise<void>((quit) => {
    process.once('SIGINT', quit);
    process.once('SIGTERM', quit);
    if (!process.stdin.isTTY) return;
    emitKeypressEvents(process.stdin);
    process.stdin.setRawMode(true);
    process.stdin.on('keypress', (_text, { name = '', ctrl }: { name?: string; ctrl?: boolean }) => {
      if (name === 'q' || (ctrl === true && name === 'c')) return quit();
      void keys[name]?.().then(() => draw(live));
    });
  });
  if (process.stdin.isTTY) process.stdin.setRawMode(false);
  process.stdin.pause();
}

function draw({ system, log, lastRun, runsInProgress, token, consumer, closing }: Live): void {
  if (!isScreen || closing) return;
  const { isUp, rateLimited, requests } = system.authorizationServer;
  const text = renderScreen({
    now: Date.now(),
    readCommands: readCommands(system),
    authorization: !isUp() ? 'down' : rateLimited ? 'answers 429' : 'up',
    tokenRequests: requests,
    secondsLeft: token?.secondsLeft,
    lifetime: LOCAL_POLICY.tokenLifetime,
    parameterVersion: token?.version,
    lastRun: runsInProgress > 0 ? `running … (before: ${lastRun})` : lastRun,
    consumer,
    events: log.lines,
  });
  process.stdout.write(`\x1b[H\x1b[2J${text}`);
}
