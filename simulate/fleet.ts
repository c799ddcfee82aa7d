import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { createReader } from '../lambda/reader/create-reader.ts';
import type { LambdaApi, ParameterStoreApi, TokenReader } from '../lambda/reader/token-reader.ts';
import { type Api, createApi } from './api.ts';
import { createClients } from './aws-clients.ts';
import { type Calls, type CountCall, createCallCounter } from './calls.ts';
import type { SimulatedFunction } from './refresher.ts';
import { PARAMETER_NAME, type World } from './world.ts';

/** Containers of each kind: one that reads with `get()` alone, and one that calls with `fetch`. */
export const FLEET = { get: 8, fetch: 4 } as const;
/** Milliseconds from one call of a container to the next, on average. At least half as long, at most one and a half times. */
export const CALL_EVERY_MS = 60_000;
/** Bounds of the lifetime of a container, in milliseconds. */
export const CONTAINER_LIFETIME_MS = { least: 30 * 60_000, most: 6 * 3_600_000 } as const;

const GROUPS = 3;
/** What a consumer calls. */
interface Surroundings {
  readonly world: World;
  readonly refresher: SimulatedFunction;
  readonly api: Api;
}

interface Consumer {
  readonly call: () => Promise<boolean>;
  readonly endsAt: number;
}

/** Readers in containers that come and go. Each calls an API, which accepts a token until it ends. */
export function startFleet(world: World, refresher: SimulatedFunction) {
  const { time, until, random } = world;
  const surroundings = { world, refresher, api: createApi(world) };
  const counters = { get: createCallCounter(), fetch: createCallCounter() };
  const callers = (['get', 'fetch'] as const).flatMap((kind) =>
    Array.from({ length: FLEET[kind] }, () => createCaller(surroundings, kind, counters[kind].container())),
  );
  // Not each on its own: every instant of a simulation takes time.
  for (let group = 0; group < GROUPS; group += 1) {
    const members = callers.filter((_caller, index) => index % GROUPS === group);
    const callAt = (instant: number): void => {
      if (instant >= until) return;
      time.at(instant, () => {
        for (const call of members) call();
        callAt(nextCall(instant, random));
      });
    };
    callAt(nextCall(time.now(), random));
  }
  return (): Record<keyof typeof FLEET, Calls> => ({
    get: counters.get.result(),
    fetch: counters.fetch.result(),
  });
}

/** Random, because the refresher's waits are multiples of a minute. Unix times in milliseconds. */
export function nextCall(latest: number, random: () => number): number {
  return latest + CALL_EVERY_MS * (0.5 + random());
}

/** Returns a function that makes one call. */
function createCaller(surroundings: Surroundings, kind: keyof typeof FLEET, count: CountCall): () => void {
  const { time } = surroundings.world;
  let consumer = startConsumer(surroundings, kind);
  return () => {
    const began = time.now();
    if (began >= consumer.endsAt) consumer = startConsumer(surroundings, kind);
    consumer.call().then(
      (isGood) => count(began, isGood, time.now()),
      () => count(began, false, time.now()),
    );
  };
}

function startConsumer({ world, refresher, api }: Surroundings, kind: keyof typeof FLEET): Consumer {
  const { time, random, faults } = world;
  const clockAhead = (random() * 2 - 1) * faults.rates.clockError * 1_000;
  const { ssm } = createClients(world, (step) => step());
  const parameterStore: ParameterStoreApi = {
    getParameter: (input, options) => ssm.send(new GetParameterCommand(input), options),
  };
  const reader = createReader(
    {
      ...{ parameterName: PARAMETER_NAME, ssm: parameterStore, refresherFunctionName: 'refresher' },
      lambda: lambdaOf(refresher),
      fetch: async (_input, init) => {
        const token = new Headers(init?.headers).get('authorization')?.slice('Bearer '.length) ?? '';
        return (await api.accepts(token)) ? ACCEPTED : REJECTED;
      },
    },
    { now: () => time.now() + clockAhead, sleep: time.sleep, random },
  );
  const { least, most } = CONTAINER_LIFETIME_MS;
  return { call: callOf(reader, kind, api), endsAt: time.now() + least + random() * (most - least) };
}

/** Without a body: one object can be returned again and again. */
const ACCEPTED = new Response(null, { status: 204 });
const REJECTED = new Response(null, { status: 401 });

function callOf(reader: TokenReader, kind: keyof typeof FLEET, api: Api): () => Promise<boolean> {
  if (kind === 'get') return () => reader.get().then(api.accepts);
  return () => reader.fetch('https://api.example.com').then(({ status }) => status !== 401);
}

/** Answers as Lambda does: a failed run is an answer, too. */
function lambdaOf(refresher: SimulatedFunction): LambdaApi {
  const answer = (value: object) => ({ Payload: Buffer.from(JSON.stringify(value)) });
  return {
    invoke: ({ Payload }) =>
      refresher.invoke(JSON.parse(Payload)).then(answer, (error: Error) => ({
        FunctionError: 'Unhandled',
        ...answer({ errorMessage: error.message }),
      })),
  };
}
