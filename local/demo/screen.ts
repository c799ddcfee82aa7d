import { stripVTControlCharacters, styleText } from 'node:util';
import wrapAnsi from 'wrap-ansi';
import { type ConsumerState, describeConsumer } from './consumer-state.ts';
import type { DemoEvent } from './event-log.ts';
import { KEYS } from './keys.ts';

/** Everything that the screen shows. It never includes the token. */
export interface ScreenState {
  /** Unix time, milliseconds. */
  readonly now: number;
  readonly authorization: 'up' | 'down' | 'answers 429';
  /** Of the refresher and of the naive consumer. */
  readonly tokenRequests: number;
  readonly naiveTokenRequests: number;
  readonly lastRun: string;
  /** Remaining validity of the stored token. Undefined if no token is stored. */
  readonly secondsLeft: number | undefined;
  /** Seconds. */
  readonly lifetime: number;
  readonly parameterVersion: number | undefined;
  readonly reading: ConsumerState;
  readonly naive: ConsumerState;
  /** Whether a terminal sends the keys that the user presses. */
  readonly hasKeys: boolean;
  /** Oldest first. */
  readonly events: readonly DemoEvent[];
  readonly apiUrl: string;
  readonly region: string;
  /** The file with the environment for a consumer of the user's own. */
  readonly environmentFile: string;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

const BAR_WIDTH = 30;
/** Rows for events that the keys and the notes leave free. */
const LEAST_EVENT_ROWS = 4;
const LABEL_WIDTH = 22;
const ACTION_WIDTH = 20;
const MARGIN = '  ';

/** The lines of the screen: the status on top, then the events, then the keys. They fit into the columns and rows. */
export function layOut(state: ScreenState, { columns, rows }: Size): string[] {
  const status = renderStatus(state);
  const below = [state.hasKeys ? renderKeys() : ['', `${MARGIN}Ctrl+C quits.`], renderNotes(state)];
  const fixed = () => status.length + below.flat().length;
  while (below.length > 0 && fixed() + LEAST_EVENT_ROWS > rows) below.pop();
  const events = renderEvents(state.events, { columns, rows: Math.max(0, rows - fixed()) });
  return [...status, ...events, ...below.flat()].slice(0, rows).map((line) => clip(line, columns));
}

/** The status in one line, for an output that is not a terminal. */
export function describeStatus({
  now,
  secondsLeft = 0,
  parameterVersion,
  reading,
  naive,
}: ScreenState): string {
  const token = `token ${secondsLeft} s left, version ${parameterVersion ?? '–'}`;
  return `status    ${token}. Reader: ${describeConsumer(reading, now)}. Naive consumer: ${describeConsumer(naive, now)}.`;
}

function renderStatus(state: ScreenState): string[] {
  const { authorization, lastRun, now, reading, naive } = state;
  const left = Math.max(0, state.secondsLeft ?? 0);
  const filled = Math.min(BAR_WIDTH, Math.round((left / state.lifetime) * BAR_WIDTH));
  const bar = `${styleText('green', '█'.repeat(filled))}${styleText('dim', '░'.repeat(BAR_WIDTH - filled))}`;
  const refresher = signal(!lastRun.startsWith('failed'), lastRun);
  const rows = {
    'authorization server': signal(authorization === 'up', authorization),
    refresher: `${refresher}, ${countTokenRequests(state.tokenRequests - state.naiveTokenRequests)}`,
    'stored token': `${bar} ${left} s left, version ${state.parameterVersion ?? '–'}`,
    'consumer with reader': renderConsumer(reading, now),
    'naive consumer': `${renderConsumer(naive, now)}, ${countTokenRequests(state.naiveTokenRequests)}`,
  };
  return [
    styleText('bold', 'Token Refresher, running on this machine'),
    ...Object.entries(rows).map(([label, value]) => MARGIN + renderRow(label, value)),
    '',
  ];
}

function renderConsumer(consumer: ConsumerState, now: number): string {
  return signal(consumer.outage === undefined, describeConsumer(consumer, now));
}

/** The keys, for an output that is not a terminal. */
export function describeKeys(): string[] {
  return renderKeys()
    .map((line) => stripVTControlCharacters(line).trim())
    .filter((line) => line !== '');
}

function renderKeys(): string[] {
  const keys = Object.entries(KEYS).map(
    ([key, [action, shows]]) =>
      `${MARGIN}${styleText('bold', key)} ${action.padEnd(ACTION_WIDTH)}${styleText('dim', shows)}`,
  );
  return ['', ...keys];
}

function renderNotes({ apiUrl, region, environmentFile }: ScreenState): string[] {
  return [
    '',
    `${MARGIN}API ${apiUrl}   region ${region}`,
    `${MARGIN}Your own consumer:   node --env-file=${environmentFile} consumer.mjs`,
  ];
}

/** As many of the latest events as fit, and empty lines for the rest. Long ones are wrapped. */
function renderEvents(events: readonly DemoEvent[], { columns, rows }: Size): string[] {
  const shown: string[] = [];
  for (const event of events.toReversed()) {
    const lines = renderEvent(event, columns);
    if (shown.length + lines.length > rows && shown.length > 0) break;
    shown.unshift(...lines);
  }
  return [...shown, ...Array<string>(rows).fill('')].slice(0, rows);
}

function renderEvent({ time, text }: DemoEvent, columns: number): string[] {
  const indent = MARGIN.length + time.length + MARGIN.length;
  const [first = '', ...others] = wrapAnsi(text, Math.max(1, columns - indent), { hard: true }).split('\n');
  return [
    `${MARGIN}${styleText('dim', time)}${MARGIN}${first}`,
    ...others.map((line) => ' '.repeat(indent) + line),
  ];
}

/** As `1 token request`. */
export function countTokenRequests(count: number): string {
  return `${count} token ${count === 1 ? 'request' : 'requests'}`;
}

/** A value behind its name. */
export function renderRow(label: string, value: string): string {
  return `${label.padEnd(LABEL_WIDTH)}${value}`;
}

function signal(good: boolean, text: string): string {
  return styleText(good ? 'green' : 'red', text);
}

function clip(line: string, columns: number): string {
  const [clipped = ''] = wrapAnsi(line, columns, { hard: true, wordWrap: false, trim: false }).split('\n');
  return clipped;
}
