import type { WarmMemory } from '../lambda/refresher/refresh.ts';
import { run } from '../lambda/refresher/run.ts';
import type { TelemetryTools } from '../lambda/refresher/telemetry.ts';
import type { Clock } from '../lambda/shared/clock.ts';
import { RefreshError } from '../lambda/shared/refresh-error.ts';
import type { RefreshPolicy } from '../lambda/shared/refresh-margin.ts';
import { ENVIRONMENT } from '../lambda/shared/refresher-environment.ts';
import { functionTimeout } from '../lambda/shared/time-budget.ts';
import { createClients, type Step } from './aws-clients.ts';
import { PARAMETER_NAME, SECRET_ID, type World } from './world.ts';

/** The refresher's function with its containers. */
export interface SimulatedFunction {
  /** Runs an event in a warm container or a new one. Rejects if the run fails or its container dies. */
  invoke(event: object): Promise<object>;
}

interface Container {
  readonly memory: WarmMemory;
  /** Milliseconds by which its clock is ahead. */
  readonly clockAhead: number;
  usedAt: number;
}

/** Lambda keeps an idle container for some minutes. In milliseconds. */
const LONGEST_IDLE_MS = 10 * 60_000;
/** Milliseconds. */
const COLD_START_MS = 600;
/** Calls of a run with a mint. A killed run dies at one of them. */
const LAST_CALL = 10;

const silent = () => undefined;
const TELEMETRY = {
  logger: { info: silent, warn: silent, error: silent },
  metrics: {
    addMetric: silent,
    singleMetric: () => ({ addDimension: silent, addMetric: silent }),
  },
} as unknown as TelemetryTools;

export function createFunction(
  world: World,
  policy: RefreshPolicy,
  more: Readonly<Record<string, string>> = {},
): SimulatedFunction {
  const { time, random, faults } = world;
  const { coldStarts, killedRuns, clockError } = faults.rates;
  const environment = environmentOf(policy, more);
  const timeout = functionTimeout(policy.checkEvery) * 1_000;
  let idle: Container[] = [];
  let runs = 0;
  const start = (): Container => ({
    memory: {},
    clockAhead: (random() * 2 - 1) * clockError * 1_000,
    usedAt: time.now(),
  });
  return {
    async invoke(event) {
      runs += 1;
      const runId = `run-${runs}`;
      idle = idle.filter(({ usedAt }) => time.now() - usedAt < LONGEST_IDLE_MS);
      const warm = random() < coldStarts ? undefined : idle.pop();
      const container = warm ?? start();
      if (warm === undefined) await time.sleep(COLD_START_MS);
      const life = createLife(world, timeout, random() < killedRuns);
      const clock = clockOf(world, container, life.step);
      const clients = createClients(world, life.step);
      const done = run(event, environment, {
        ...{ ...clients, clock, random, runId, telemetry: TELEMETRY, publish: silent },
        fetch: (input, init) => life.step(() => world.endpoint.fetch(input, init)),
        memory: container.memory,
        startedAt: clock.now(),
        remaining: timeout,
        isAwaited: false,
      });
      try {
        return await Promise.race([done, life.death]);
      } catch (error) {
        // A bug ends the simulation.
        if (!life.isDead() && !(error instanceof RefreshError)) queueMicrotask(() => Promise.reject(error));
        throw error;
      } finally {
        container.usedAt = time.now();
        if (!life.isDead()) idle.push(container);
      }
    },
  };
}

function environmentOf(policy: RefreshPolicy, more: Readonly<Record<string, string>>) {
  return {
    [ENVIRONMENT.tokenUrl]: 'https://auth.example.com/token',
    [ENVIRONMENT.credentialsSecretId]: SECRET_ID,
    [ENVIRONMENT.parameterName]: PARAMETER_NAME,
    [ENVIRONMENT.parameterKeyId]: 'alias/simulated',
    [ENVIRONMENT.checkEvery]: String(policy.checkEvery),
    [ENVIRONMENT.refreshBefore]: String(policy.refreshBefore),
    ...more,
  };
}

function clockOf({ time }: World, { clockAhead }: Container, step: Step): Clock {
  return {
    now: () => time.now() + clockAhead,
    sleep: (milliseconds) => step(() => time.sleep(milliseconds)),
    timeout: (milliseconds) => {
      const controller = new AbortController();
      time.at(time.now() + milliseconds, () =>
        controller.abort(Object.assign(new Error('timed out'), { name: 'TimeoutError' })),
      );
      return controller.signal;
    },
  };
}

/** Ends a run at its time limit, or at one of its calls: before the call arrives, or before the answer does. */
function createLife({ time, random }: World, timeout: number, isKilled: boolean) {
  const fatal = isKilled ? 1 + Math.floor(random() * LAST_CALL) : Number.POSITIVE_INFINITY;
  const arrives = random() < 0.5;
  let calls = 0;
  let isDead = false;
  let die = (_reason: Error): void => undefined;
  const death = new Promise<never>((_resolve, reject) => {
    die = (reason) => {
      isDead = true;
      reject(reason);
    };
  });
  death.catch(() => undefined);
  time.at(time.now() + timeout, () => die(new Error('the run took too long')));
  const never = new Promise<never>(() => undefined);
  const step: Step = async (perform) => {
    calls += 1;
    if (isDead) return never;
    const isFatal = calls === fatal;
    if (isFatal && !arrives) {
      die(new Error('the container died'));
      return never;
    }
    const settled = await perform().then(
      (value) => () => value,
      (error: unknown) => () => {
        throw error;
      },
    );
    if (isFatal) die(new Error('the container died'));
    return isDead ? never : settled();
  };
  return { step, death, isDead: () => isDead };
}
