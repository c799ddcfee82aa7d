import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf } from '../../lambda/shared/refresh-error.ts';
import type { RefreshResult } from '../../lambda/shared/refresh-result.ts';
import type { InvocationResult } from '../function-runtime.ts';
import { ENVIRONMENT_FILE, writeConsumerEnvironment } from './consumer-environment.ts';
import {
  afterCall,
  type ConsumerCall,
  type ConsumerState,
  describeConsumer,
  INITIAL_CONSUMER,
} from './consumer-state.ts';
import type { Display } from './display.ts';
import { createEventLog, type EventLog } from './event-log.ts';
import { createKeys } from './keys.ts';
import { LOCAL_POLICY, type LocalSystem } from './local-system.ts';
import { createNaiveConsumer, type NaiveConsumer } from './naive-consumer.ts';
import { readKeys } from './read-keys.ts';
import { createReadingConsumer } from './reading-consumer.ts';
import type { Cause } from './runs.ts';
import { countTokenRequests, renderRow, type ScreenState } from './screen.ts';
import { untilAborted } from './until-ended.ts';

const CALL_EVERY_MS = 1_000;
const DRAW_EVERY_MS = 250;

/** The consumers, and how their events begin. */
const CONSUMERS = { reading: 'consumer with reader', naive: 'naive consumer' } as const;
type Consumer = keyof typeof CONSUMERS;

/** How the event of a run begins. */
const STARTERS: Readonly<Record<Cause, string>> = {
  schedule: 'schedule',
  you: 'you: refresher',
  report: 'rejected token reported',
};

/** What the reason of a run does not say. */
const EXPLANATIONS: Partial<Record<RefreshResult['reason'], string>> = {
  'just-minted': '. It replaces one rejected token a minute',
};

interface Live {
  readonly system: LocalSystem;
  readonly display: Display;
  readonly log: EventLog;
  readonly ended: AbortSignal;
  readonly consumers: Record<Consumer, ConsumerState>;
  readonly naive: NaiveConsumer;
  lastRun: string;
  stored: Pick<RefreshResult, 'expires_at' | 'parameter_version'> | undefined;
}

/** Runs the schedule and two consumers until `ended` aborts or the user quits, and shows what happens. Returns a summary. */
export async function runLive(
  system: LocalSystem,
  display: Display,
  ended: AbortController,
): Promise<readonly string[]> {
  const startedAt = Date.now();
  await using _file = await writeConsumerEnvironment(system);
  const naive = createNaiveConsumer(system, Date.now);
  const live: Live = {
    system,
    display,
    log: createEventLog(Date.now, display.event),
    ended: ended.signal,
    consumers: { reading: INITIAL_CONSUMER, naive: INITIAL_CONSUMER },
    naive,
    lastRun: 'not run yet',
    stored: undefined,
  };
  system.runs.ended = (cause, answer) => afterRun(live, cause, answer);
  await system.putCredentials();
  using _keys = readKeys(process.stdin, pressedWith(live, ended));
  using _warnings = takeWarnings((text) => live.log.add(`${CONSUMERS.reading}: ${text}`));
  await Promise.race([untilAborted(ended.signal), keepRunning(live)]);
  display.close();
  return summarize(live, startedAt);
}

async function keepRunning(live: Live): Promise<void> {
  const { system, display, naive, ended } = live;
  const drawing = every(ended, DRAW_EVERY_MS, async () => display.draw(stateOf(live)));
  await system.runs.run({}, 'schedule');
  await Promise.all([
    drawing,
    every(ended, LOCAL_POLICY.checkEvery * 1_000, () => system.runs.run({}, 'schedule')),
    every(ended, CALL_EVERY_MS, consume(live, 'reading', createReadingConsumer(system))),
    every(ended, CALL_EVERY_MS, consume(live, 'naive', naive.call)),
  ]);
}

async function every(
  ended: AbortSignal,
  milliseconds: number,
  action: () => Promise<unknown>,
): Promise<void> {
  while (!ended.aborted) {
    await action();
    await sleep(milliseconds, undefined, { signal: ended }).catch(() => undefined);
  }
}

/** Logs a run, except a check that only kept the token. */
function afterRun(live: Live, cause: Cause, answer: InvocationResult): void {
  if (live.ended.aborted) return;
  if (!answer.ok) {
    live.lastRun = `failed: ${codeOf(answer.errorMessage)}`;
    live.log.add(`${STARTERS[cause]}: failed: ${answer.errorMessage}`);
    return;
  }
  const result = answer.result as RefreshResult;
  const { outcome, reason, parameter_version: version } = result;
  live.lastRun = `${outcome} (${reason})`;
  live.stored = result;
  if (outcome === 'minted' || cause !== 'schedule')
    live.log.add(`${STARTERS[cause]}: ${live.lastRun}, version ${version}${EXPLANATIONS[reason] ?? ''}`);
}

function consume(live: Live, consumer: Consumer, call: () => Promise<ConsumerCall>): () => Promise<void> {
  return async () => {
    const { state, event } = afterCall(live.consumers[consumer], await call(), Date.now());
    if (live.ended.aborted) return;
    live.consumers[consumer] = state;
    if (event !== undefined) live.log.add(`${CONSUMERS[consumer]}: ${event}`);
  };
}

function pressedWith(live: Live, ended: AbortController): (name: string) => void {
  const keys: Readonly<Record<string, () => Promise<void>>> = createKeys(live.system, {
    log: live.log.add,
    run: live.system.runs.run,
    secondsLeft: () => secondsLeft(live),
    sleep: (milliseconds) => sleep(milliseconds),
  });
  return (name) => {
    if (name === 'q') return ended.abort();
    keys[name]?.().catch((error: Error) => live.log.add(`you: failed: ${error.message}`));
  };
}

/** Passes on the warnings of the reader. Node.js would print them over the screen. */
function takeWarnings(log: (text: string) => void): Disposable {
  const printers = process.listeners('warning');
  const take = ({ message }: Error) => log(message);
  process.removeAllListeners('warning').on('warning', take);
  return {
    [Symbol.dispose]() {
      process.off('warning', take);
      for (const print of printers) process.on('warning', print);
    },
  };
}

function secondsLeft({ stored }: Live): number | undefined {
  return stored === undefined ? undefined : Math.max(0, stored.expires_at - Math.floor(Date.now() / 1_000));
}

function stateOf(live: Live): ScreenState {
  const { system, log, lastRun, consumers, naive, stored } = live;
  const { isUp, rateLimited, requests } = system.authorizationServer;
  return {
    now: Date.now(),
    authorization: !isUp() ? 'down' : rateLimited ? 'answers 429' : 'up',
    tokenRequests: requests,
    naiveTokenRequests: naive.tokenRequests,
    lastRun: system.runs.inProgress > 0 ? 'running …' : lastRun,
    secondsLeft: secondsLeft(live),
    lifetime: LOCAL_POLICY.tokenLifetime,
    parameterVersion: stored?.parameter_version,
    ...consumers,
    hasKeys: process.stdin.isTTY === true,
    events: log.events,
    apiUrl: system.apiUrl,
    region: system.cloud.region,
    environmentFile: ENVIRONMENT_FILE,
  };
}

/** For the scrollback of the terminal, or the end of the lines. */
function summarize(
  { consumers: { reading, naive }, naive: { tokenRequests }, system }: Live,
  startedAt: number,
): string[] {
  const now = Date.now();
  const seconds = Math.round((now - startedAt) / 1_000);
  const refresherRequests = system.authorizationServer.requests - tokenRequests;
  return [
    `Token Refresher ran for ${seconds} s and sent ${countTokenRequests(refresherRequests)}.`,
    renderRow(CONSUMERS.reading, describeConsumer(reading, now)),
    renderRow(CONSUMERS.naive, `${describeConsumer(naive, now)}, ${countTokenRequests(tokenRequests)}`),
  ];
}
