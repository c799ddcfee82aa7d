import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { DeleteParameterCommand } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { codeOf } from '../../../lambda/shared/refresh-error.ts';
import type { RefreshResult } from '../../../lambda/shared/refresh-result.ts';
import { claimParameterName, ENVIRONMENT } from '../../../lambda/shared/refresher-environment.ts';
import type { StoredToken } from '../../../lambda/shared/stored-token.ts';
import { RUN_TIMEOUT_SECONDS } from '../../../lambda/shared/time-budget.ts';
import { awsClients } from '../../support/client.ts';
import { confidential, countLeaks, readLines } from '../../support/confidential.ts';
import { WAYS, type Way } from '../../support/faults/fault.ts';
import type { Instructions, ObservedRun } from '../../support/faults/faulty-container.ts';
import { type FaultyNetwork, startFaultyNetwork } from '../../support/faults/faulty-network.ts';
import { credentials, newClientSecret, startRefresher, type TestRefresher } from '../../support/refresher.ts';
import { grant } from '../../support/token-endpoint.ts';
import { type CallName, CELLS, EXTERNAL_CALLS, type ExternalCall } from './fault-matrix.ts';

const container = fileURLToPath(new URL('../../support/faults/faulty-container.ts', import.meta.url));
const LIFETIME = 3_600;
/** Seconds after the start of a case at which the next check comes. */
const NEXT_CHECK = 300;

let refresher: TestRefresher;
let network: FaultyNetwork;
/** The fingerprint that stored tokens need. */
let source: string;
let granted: Set<string>;

beforeAll(async () => {
  refresher = await startRefresher();
  await refresher.putSecret(credentials(newClientSecret()));
  network = await startFaultyNetwork(refresher.cloud.url, refresher.endpoint.url);
  refresher.endpoint.answer(() => {
    const token = confidential(`granted/${randomUUID()}`);
    granted.add(token);
    return grant(token, { expires_in: LIFETIME });
  });
  granted = new Set();
  await run({ isCold: true });
  ({ source } = await refresher.record());
});
afterAll(async () => {
  await refresher.close();
  await network.close();
});

const startProcess = () =>
  refresher.restart(
    {
      BUNDLE: inject('deployable').module,
      REFUSED_URL: network.refusedUrl,
      TOKEN_URL: network.url,
      AWS_ENDPOINT_URL: network.url,
      [ENVIRONMENT.parameterTags]: JSON.stringify({ team: 'travel' }),
    },
    container,
  );
let coldStarts = 0;
/** Loaded bundles stay in memory, so the process is replaced now and then. */
const COLD_STARTS_OF_PROCESS = 40;
const run = async (clientContext: Instructions): Promise<ObservedRun> => {
  if (clientContext.isCold) {
    if (coldStarts % COLD_STARTS_OF_PROCESS === 0) await startProcess();
    coldStarts += 1;
  }
  const answer = await refresher.invoke({}, { clientContext });
  if (!answer.ok) throw new Error(answer.errorMessage);
  return answer.result as ObservedRun;
};
const outcomeOf = ({ result, errorMessage }: ObservedRun): string =>
  errorMessage === undefined ? (result as RefreshResult).outcome : codeOf(errorMessage);

const putClaim = (record: object) => {
  const name = claimParameterName(refresher.parameterName);
  return refresher.putParameter(JSON.stringify(record), { Name: name, Type: 'String' });
};
const forget = () => {
  granted = new Set();
  refresher.endpoint.forgetRequests();
};
/** Stores a token that is due and lasts for two more checks, and the claim as the run that minted it left it. */
const storeDueToken = async (): Promise<string> => {
  const now = Math.floor(Date.now() / 1_000);
  const due: StoredToken = {
    access_token: confidential(`due/${randomUUID()}`),
    token_type: 'Bearer',
    issued_at: now - LIFETIME + 3 * NEXT_CHECK,
    expires_at: now + 3 * NEXT_CHECK,
    source,
  };
  await refresher.putParameter(JSON.stringify(due));
  const version = (await refresher.stored())?.version ?? expect.unreachable();
  const taken = { owner: randomUUID(), replaces: version - 1, expires_at: due.issued_at + 120 };
  await putClaim(taken);
  await putClaim({ ...taken, expires_at: 0, stored: version });
  forget();
  return due.access_token;
};
/** A stack as its deployment creates it. */
const deleteToken = async (): Promise<undefined> => {
  const { ssm } = awsClients(refresher.cloud.url);
  await ssm.send(new DeleteParameterCommand({ Name: refresher.parameterName }));
  ssm.destroy();
  await putClaim({});
  forget();
};
const storedToken = async (due: string | undefined): Promise<'unchanged' | 'new' | 'worse'> => {
  const { access_token: token, expires_at: expiry } = await refresher.record();
  if (token === due) return 'unchanged';
  return granted.has(token) && expiry - Date.now() / 1_000 > LIFETIME - 120 ? 'new' : 'worse';
};
const callNamed = (name: CallName): ExternalCall =>
  EXTERNAL_CALLS.find((call) => call.name === name) ?? expect.unreachable();

const isRepeatedAfter = (name: CallName, way: Way) =>
  CELLS.some(([call, fault, , requests]) => call === name && fault === way && requests === 'repeated');

/** Runs a check that finds a token that is due, or none, and in which a call fails. */
const runWithFault = async (name: CallName, way: Way, requests?: number) => {
  const { call, slowMs, isWarm, isFirst, after } = callNamed(name);
  if (isWarm) {
    await storeDueToken();
    await run({ isCold: true });
  }
  const due = isFirst ? await deleteToken() : await storeDueToken();
  const isRepeated = requests === undefined && isRepeatedAfter(name, way);
  const fault = { call, way, slowMs, isRepeated, ...(requests === undefined ? {} : { requests }) };
  const faults = after === undefined ? [fault] : [after, fault];
  const failed = await run({ isCold: !isWarm, faults });
  if (isRepeated) {
    expect(new Set(failed.calls).size).toBeGreaterThan(RUN.findIndex((made) => made.call === call) + 2);
    // The attempt has 40 seconds until the time that is reserved for a write.
    expect(Math.abs(failed.seconds - 40)).toBeLessThan(2);
    return { due, failed, requests: 'repeated' };
  }
  return { due, failed, requests: failed.calls.filter((made) => made === call).length };
};

/** The calls of a run in which nothing fails. */
const RUN = EXTERNAL_CALLS.filter(
  ({ isWarm, isFirst, after }: ExternalCall) => !isWarm && !isFirst && after === undefined,
);
/** What a call to Parameter Store reads or writes. */
const targetOf = (name: string): ExternalCall['target'] => {
  const kind = /\.claim(:\d+)?$/.test(name) ? 'claim' : 'token';
  return /:\d+$/.test(name) ? `former ${kind}` : kind;
};

describe('the table of faults', () => {
  test('has every external call of a check that replaces a token, in order', async () => {
    await storeDueToken();
    const before = refresher.cloud.calls.length;
    const { calls } = await run({ isCold: true });
    expect(calls).toEqual(RUN.map(({ call }) => call));
    for (const operation of ['GetParameter', 'PutParameter']) {
      const made = refresher.cloud.calls.slice(before).filter((call) => call.operation === operation);
      const targets = made.map(({ input }) => targetOf(String(input.Name)));
      const wanted = RUN.filter(({ call }) => call.startsWith(operation));
      expect(targets).toEqual(wanted.map(({ target }) => target));
    }
  });

  test('has every way in which each call can fail, once', () => {
    const all = EXTERNAL_CALLS.flatMap(({ name }) => Object.keys(WAYS).map((way) => `${name}: ${way}`));
    const described = CELLS.map(([name, way]) => `${name}: ${way}`);
    expect(described.toSorted()).toEqual(all.toSorted());
  });
});

/** Starts of the last sentence of a message. */
const REMEDY = /^(The next check|If|Check|Create|Write|Either|Correct)\b/;
const lastSentence = (message: string) => message.split(/(?<=[.:]) (?=[A-Z])/).at(-1) ?? '';

test.for(CELLS)('%s, %s: the run ends with %s after %s requests, and the token is %s', async (cell) => {
  const [name, way, outcome, , stored] = cell;
  const { due, failed, requests } = await runWithFault(name, way);
  expect([name, way, outcomeOf(failed), requests, await storedToken(due)]).toEqual(cell);
  expect(failed.seconds).toBeLessThan(RUN_TIMEOUT_SECONDS);
  if (failed.errorMessage !== undefined) {
    expect(callNamed(name).codes).toContain(outcome);
    expect(lastSentence(failed.errorMessage)).toMatch(REMEDY);
  }

  refresher.endpoint.forgetRequests();
  expect((await run({ later: NEXT_CHECK })).errorMessage).toBeUndefined();
  expect(await storedToken(due)).toBe('new');
  expect(refresher.endpoint.requests.length).toBeLessThanOrEqual(stored === 'new' ? 0 : 1);
});

/** Up to here, a run changes nothing. */
const FIRST_CHANGE = EXTERNAL_CALLS.findIndex(({ name }) => name === 'write of the claim');
const AFTER_CHANGE: readonly CallName[] = EXTERNAL_CALLS.slice(FIRST_CHANGE).map(({ name }) => name);

test.for(CELLS.filter(([name, , , , stored]) => stored === 'unchanged' && AFTER_CHANGE.includes(name)))(
  '%s, %s: the next check in another container sends one request and stores a token',
  async ([name, way]) => {
    const { due } = await runWithFault(name, way);
    refresher.endpoint.forgetRequests();
    expect(outcomeOf(await run({ isCold: true, later: NEXT_CHECK }))).toBe('minted');
    expect(await storedToken(due)).toBe('new');
    expect(refresher.endpoint.requests).toHaveLength(1);
  },
);

/** Faults after which the run sends the request again. */
const PASSING: readonly Way[] = [
  'refused',
  'reset before arrival',
  'reset after arrival',
  'no answer',
  'answer stops',
  'answer cut off',
  'throttled',
  'server error',
];

/** Calls that are given up if they take too long. */
const GIVEN_UP: ReadonlySet<CallName> = new Set<CallName>(['last look at the token', 'release of the claim']);

const PASSED: readonly CallName[] = [...RUN.map(({ name }) => name), 'write of the first token, with tags'];

test.for(PASSED.flatMap((name) => PASSING.map((way) => [name, way] as const)))(
  '%s, %s: if one request fails, the run sends one more and stores a token',
  async ([name, way]) => {
    const { due, failed, requests } = await runWithFault(name, way, 1);
    expect(outcomeOf(failed)).toBe('minted');
    expect(await storedToken(due)).toBe('new');
    const hangs = way === 'no answer' || way === 'answer stops';
    const isGivenUp = hangs && GIVEN_UP.has(name);
    expect(requests).toBe(isGivenUp ? 1 : 2);
    expect(refresher.endpoint.requests.length).toBeLessThanOrEqual(name === 'token request' ? 2 : 1);
  },
);

/** What a scheduled check in a new container looks at first, without the SDK. */
const DIRECT = ['direct GetParameter 1', 'direct DescribeSecret 1'] as const;

test.for(DIRECT.flatMap((call) => (Object.keys(WAYS) as Way[]).map((way) => [call, way] as const)))(
  '%s, %s: a scheduled check in a new container keeps the token, with the SDK if it must',
  async ([call, way]) => {
    const now = Math.floor(Date.now() / 1_000);
    const fresh = { ...(await refresher.record()), issued_at: now, expires_at: now + LIFETIME, source };
    await refresher.putParameter(JSON.stringify(fresh));
    const faults = [{ call, way, slowMs: 3_500 }];
    const kept = await run({ isCold: true, isScheduled: true, faults });
    expect(kept.result).toMatchObject({ outcome: 'kept', reason: 'fresh', expires_at: fresh.expires_at });
    const again = way === 'slow' ? [] : ['GetParameter 1', 'DescribeSecret 1'];
    expect(kept.calls).toEqual([...DIRECT, ...again]);
    // The look has a time limit of four seconds. The time that the machine itself takes is part of the figure.
    expect(kept.seconds).toBeLessThan(7.5);
  },
);

test('nothing confidential was written in a run with a fault', () => {
  const secrets = new Set(readLines(inject('leakFiles').secrets));
  expect(countLeaks(secrets, refresher.written())).toBe(0);
});
