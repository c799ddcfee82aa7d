import { RECOVERY_SECONDS } from '../lambda/shared/survivable-outage.ts';
import { type Column, ROWS } from './aggregate.ts';
import { BOUND, CLASSES, GROUPS } from './scenarios.ts';

/** What a simulation should show, and what it showed. */
export interface Expectation {
  readonly text: string;
  readonly figure: string;
  readonly holds: boolean;
}

/** Most token requests, as a multiple of the least that the settings need. */
const MOST_REQUESTS = 1.05;
/** Most calls of `get()` with a revoked token if the endpoint revokes the former one at each mint. */
const MOST_REVOKED = 0.005;
const BOUND_MS = BOUND * 1_000;
const [FETCH, GET] = [0, 1] as const;

export function expectationsOf(columns: readonly Column[]): readonly Expectation[] {
  const column = (group: string): Column => {
    const found = columns.find((one) => one.group === group);
    if (found === undefined) throw new Error(`no scenario of the group ${group}`);
    return found;
  };
  const outcome = (group: string, row: number) => {
    const found = column(group).outcomes[row];
    if (found === undefined) throw new Error(`no row ${row}`);
    return found;
  };
  const outages = CLASSES.flatMap(({ name }) => column(name).outages);
  return [
    survived(outages),
    limited(outages),
    badCalls(CLASSES.filter(({ until }) => until * 60_000 <= BOUND_MS).map(({ name }) => column(name))),
    fewRequests(outcome(GROUPS.healthy, FETCH)),
    revoked('get()', outcome(GROUPS.revokingWithSetting, GET).badShare, MOST_REVOKED),
    revoked('fetch', outcome(GROUPS.revokingWithSetting, FETCH).badShare, 0),
    best(column(GROUPS.hard)),
  ];
}

function survived(outages: Column['outages']): Expectation {
  const within = outages.filter(({ length }) => length <= BOUND_MS);
  const longest = Math.max(0, ...within.map(({ gap }) => gap));
  return {
    text: `No outage of up to ${BOUND_MS / 60_000} minutes leaves a second without a valid token.`,
    figure: `${seconds(longest)} after ${within.length} outages`,
    holds: within.length > 0 && longest === 0,
  };
}

function limited(outages: Column['outages']): Expectation {
  const beyond = outages.filter(({ length }) => length > BOUND_MS);
  const most = Math.max(...beyond.map(({ length, gap }) => gap - (length - BOUND_MS)));
  return {
    text: `A longer outage of length L leaves a gap of at most L - ${BOUND_MS / 60_000} minutes + ${RECOVERY_SECONDS / 60} minutes for one attempt.`,
    figure: `at most L - ${BOUND_MS / 60_000} minutes ${most < 0 ? '-' : '+'} ${seconds(Math.abs(most))}, after ${beyond.length} outages`,
    holds: beyond.length > 0 && most <= RECOVERY_SECONDS * 1_000,
  };
}

function badCalls(columns: readonly Column[]): Expectation {
  const shares = columns.flatMap(({ outcomes }) => [FETCH, GET].map((row) => outcomes[row]?.badShare ?? 1));
  const most = Math.max(...shares);
  return {
    text: `No call during or after an outage of up to ${BOUND_MS / 60_000} minutes lacks a good token.`,
    figure: percent(most),
    holds: most === 0,
  };
}

function fewRequests({
  requestsPerDay,
  leastPerDay,
}: {
  requestsPerDay: number;
  leastPerDay: number;
}): Expectation {
  const times = requestsPerDay / leastPerDay;
  return {
    text: `Without a fault, the refresher sends at most ${MOST_REQUESTS} times the token requests that its settings need.`,
    figure: `${times.toFixed(3)} times`,
    holds: times <= MOST_REQUESTS,
  };
}

function revoked(how: string, share: number, most: number): Expectation {
  const few = most === 0 ? ['no call', 'gets'] : [`less than ${percent(most)} of the calls`, 'get'];
  return {
    text: `If the endpoint revokes the former token at each mint, and nothing else fails, ${few[0]} with \`${how}\` ${few[1]} a revoked one.`,
    figure: percent(share),
    holds: most === 0 ? share === 0 : share < most,
  };
}

function best({ outcomes }: Column): Expectation {
  const [fetch, , ...others] = outcomes.map(({ badShare }) => badShare);
  const least = Math.min(...others);
  return {
    text: 'In a year of hard faults, no other strategy has fewer calls without a good token.',
    figure: `${percent(fetch ?? 1)}, the next one ${percent(least)}`,
    holds: outcomes.length === ROWS.length && (fetch ?? 1) < least,
  };
}

const seconds = (milliseconds: number) => `${Math.ceil(milliseconds / 1_000)} s`;
export const percent = (share: number) => `${share === 0 ? '0' : (share * 100).toPrecision(2)} %`;
