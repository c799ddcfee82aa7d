/**
 * Runs the function's bundle, and makes its calls fail as the client context says. It marks the requests that fail, and the
 * network does the rest. While all open requests wait for an answer that does not come, the clock moves on.
 */
import { cpSync, mkdtempSync } from 'node:fs';
import http, { type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL, urlToHttpOptions } from 'node:url';
import { FAULT_HEADER, type Fault } from './fault.ts';
import { startVirtualTime } from './virtual-time.ts';

/** What the test passes in the client context. */
export interface Instructions {
  /** Loads the bundle afresh, as a new container does. */
  readonly isCold?: boolean;
  /** Runs as the schedule does, whose runs nobody waits for. A new container then looks first without the SDK. */
  readonly isScheduled?: boolean;
  /** Seconds from the real time to the start of the run. Default: 0. */
  readonly later?: number;
  readonly faults?: readonly Fault[];
}

/** How a run ended, and the calls in it, in order, one entry for each request. */
export interface ObservedRun {
  readonly calls: readonly string[];
  /** How long the run took on its own clock, in seconds. */
  readonly seconds: number;
  readonly result?: unknown;
  /** Of the error that the function threw. */
  readonly errorMessage?: string;
}

interface OpenRequest {
  /** Whether nothing more arrives by itself. */
  isSilent: boolean;
  readonly isOver: () => boolean;
}

const { BUNDLE = '', REFUSED_URL = '' } = process.env;
const time = startVirtualTime(waitTogether);
const open = new Set<OpenRequest>();
let handler: (event: unknown, context: unknown) => Promise<unknown>;
let giveUp = () => {};
let faults: readonly Fault[] = [];
let calls: string[] = [];

interface RunContext {
  readonly clientContext: Instructions;
  getRemainingTimeInMillis(): number;
}

async function run(event: unknown, context: RunContext): Promise<ObservedRun> {
  // Counted on the clock that moves.
  const remaining = context.getRemainingTimeInMillis();
  const { isCold = false, isScheduled = false, later = 0, faults: wanted = [] } = context.clientContext;
  if (isCold) {
    // A copy, because the bundle has several files.
    const copy = mkdtempSync(join(tmpdir(), 'start-'));
    cpSync(dirname(BUNDLE), copy, { recursive: true });
    ({ handler } = await import(pathToFileURL(join(copy, basename(BUNDLE))).href));
  }
  time.set(later * 1_000);
  [faults, calls] = [wanted, []];
  const startedAt = Date.now();
  const observed = () => ({ calls, seconds: (Date.now() - startedAt) / 1_000 });
  const stuck = new Promise<never>((_, reject) => {
    giveUp = () => reject(new Error('the run waits for an answer without a time limit'));
  });
  try {
    const { clientContext: instructions, ...rest } = context;
    const clientContext = isScheduled ? undefined : instructions;
    const running = handler(event, { ...rest, clientContext, getRemainingTimeInMillis: () => remaining });
    const result = await Promise.race([running, stuck]);
    return { result, ...observed() };
  } catch (error) {
    return { errorMessage: error instanceof Error ? error.message : typeof error, ...observed() };
  }
}

export { run as handler };

/** Notes a request. Returns what goes wrong with it. */
function note(operation: string, isRetry: boolean): Fault | undefined {
  const before = new Set(calls.filter((call) => call.startsWith(`${operation} `))).size;
  const call = `${operation} ${isRetry ? before : before + 1}`;
  calls.push(call);
  const requests = calls.filter((made) => made === call).length;
  return faults.find(({ call: failing, requests: most = requests, isRepeated }) => {
    const isFailing =
      failing === call || (isRepeated && calls.includes(failing) && isSameOperation(failing, call));
    return isFailing && requests <= most;
  });
}

function isSameOperation(one: string, other: string): boolean {
  return one.split(' ')[0] === other.split(' ')[0];
}

/** Moves the clock while no open request can go on by itself. Between two requests, the run waits for a second at most. */
function waitTogether(): void {
  setImmediate(() => {
    const waiting = [...open].filter((request) => !request.isOver());
    if (waiting.length === 0) return time.passSecond();
    if (waiting.some(({ isSilent }) => !isSilent)) return;
    if (time.fireNext()) waitTogether();
    else giveUp();
  });
}

function fallSilent(request: OpenRequest): void {
  request.isSilent = true;
  waitTogether();
}

/** Gives the answer to `then` when a slow one would arrive. */
async function deliver(found: Fault | undefined, request: OpenRequest, then: () => void): Promise<void> {
  if (found?.way === 'slow') {
    // Its connection may close before.
    const late: OpenRequest = { isSilent: true, isOver: () => false };
    open.add(late);
    const arrival = time.sleep(found.slowMs ?? 0);
    fallSilent(request);
    await arrival;
    request.isSilent = false;
    open.delete(late);
  }
  then();
  if (found?.way === 'answer stops') setImmediate(() => fallSilent(request));
}

type OnAnswer = (answer: IncomingMessage) => void;
type RequestArguments = [RequestOptions, OnAnswer] | [URL, RequestOptions, OnAnswer];

const { request: sendRequest } = http;
http.request = ((...given: RequestArguments): ClientRequest => {
  // Only a request without the SDK has a URL.
  const [options, onAnswer, isDirect] =
    given.length === 2
      ? [given[0], given[1], false]
      : [{ ...urlToHttpOptions(given[0]), ...given[1] }, given[2], true];
  const headers = options.headers as Record<string, string>;
  const [, operation = ''] = String(headers['x-amz-target'] ?? '').split('.');
  const isRetry = !isDirect && !String(headers['amz-sdk-request']).startsWith('attempt=1');
  const found = note(isDirect ? `direct ${operation}` : operation, isRetry);
  const sent = sendRequest(
    {
      ...options,
      ...(found?.way === 'refused' ? { port: new URL(REFUSED_URL).port } : {}),
      headers: { ...headers, ...(found === undefined ? {} : { [FAULT_HEADER]: found.way }) },
    },
    (answer) => void deliver(found, entry, () => onAnswer(answer)),
  );
  const entry: OpenRequest = { isSilent: false, isOver: () => sent.destroyed };
  open.add(entry);
  sent.on('close', () => {
    open.delete(entry);
    waitTogether();
  });
  if (found?.way === 'no answer') sent.on('finish', () => fallSilent(entry));
  return sent;
}) as typeof http.request;
syncBuiltinESMExports();

/** Of the socket's inactivity. A socket has one. */
const limits = new WeakMap<Socket, NodeJS.Timeout>();
Socket.prototype.setTimeout = function setLimit(this: Socket, milliseconds: number, onTimeout?: () => void) {
  clearTimeout(limits.get(this));
  if (onTimeout !== undefined) this.once('timeout', onTimeout);
  if (milliseconds > 0)
    limits.set(
      this,
      setTimeout(() => this.emit('timeout'), milliseconds),
    );
  return this;
};

const { fetch: sendFetch } = globalThis;
globalThis.fetch = async (url, init = {}) => {
  const found = note('POST', calls.includes('POST 1'));
  let isOver = false;
  const entry: OpenRequest = { isSilent: false, isOver: () => isOver || init.signal?.aborted === true };
  open.add(entry);
  const answering = sendFetch(found?.way === 'refused' ? REFUSED_URL : url, {
    ...init,
    headers: { ...(init.headers as object), ...(found === undefined ? {} : { [FAULT_HEADER]: found.way }) },
  });
  if (found?.way === 'no answer') fallSilent(entry);
  try {
    const answer = await answering;
    await deliver(found, entry, () => undefined);
    return answer;
  } finally {
    isOver = found?.way !== 'answer stops';
    if (isOver) open.delete(entry);
  }
};
