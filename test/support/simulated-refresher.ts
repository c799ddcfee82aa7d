import { randomUUID } from 'node:crypto';
import { CreateSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { createReader } from '../../lambda/reader/create-reader.ts';
import type { TokenReader, TokenReaderOptions } from '../../lambda/reader/token-reader.ts';
import { run } from '../../lambda/refresher/run.ts';
import type { Clock } from '../../lambda/shared/clock.ts';
import { codeOf } from '../../lambda/shared/refresh-error.ts';
import type { RefreshPolicy } from '../../lambda/shared/refresh-margin.ts';
import type { RefreshResult } from '../../lambda/shared/refresh-result.ts';
import { ENVIRONMENT } from '../../lambda/shared/refresher-environment.ts';
import type { StoredToken } from '../../lambda/shared/stored-token.ts';
import { functionTimeout } from '../../lambda/shared/time-budget.ts';
import { createInProcessAws, type InProcessAws } from './in-process-aws.ts';
import { createRandom } from './random.ts';
import { createMetricStore, type MetricStore, recorders } from './refresher-model.ts';
import {
  createSameTokenEndpoint,
  type SameTokenEndpoint,
  type SameTokenKind,
} from './same-token-endpoint.ts';
import { createSimulatedTime, type SimulatedTime } from './simulated-time.ts';

/** One run of the simulated refresher. Unix times in milliseconds. */
export interface SimulatedRun {
  readonly startedAt: number;
  readonly endedAt: number;
  /** The reason of a successful run, or the code of a failed one. */
  readonly end: string;
  /** Token requests. */
  readonly requests: number;
}

/** A token that was stored. Unix times in seconds; `storedAt` with fractions. */
export interface StoredOnce extends StoredToken {
  readonly storedAt: number;
}

/** The real refresher and readers in simulated time, with an endpoint that grants the same token until it expires. */
export interface SimulatedRefresher {
  readonly time: SimulatedTime;
  readonly aws: InProcessAws;
  readonly endpoint: SameTokenEndpoint;
  readonly metrics: MetricStore;
  readonly runs: readonly SimulatedRun[];
  readonly stored: readonly StoredOnce[];
  /** What the runs wrote to their log. */
  readonly logged: readonly string[];
  readonly environment: Record<string, string>;
  /** Starts a run, as Lambda does. `remaining`: seconds until the platform stops it. `late`: seconds that have passed of them. */
  run(
    event?: unknown,
    options?: { readonly isAwaited?: boolean; readonly remaining?: number; readonly late?: number },
  ): Promise<RefreshResult>;
  /** Starts a check every `checkEvery`, from now on. `late` gives seconds from 0 to 60, by default any. */
  schedule(late?: (index: number) => number): void;
  reader(options?: TokenReaderOptions): TokenReader;
  record(): Promise<{ readonly token: StoredToken; readonly version: number }>;
  putSecret(value: string): Promise<void>;
}

export interface SimulationOptions {
  readonly kind: SameTokenKind;
  readonly policy?: RefreshPolicy;
  /** Lifetime of a token, in seconds. */
  readonly lifetime?: number;
  /** How long a token lives, in seconds. Default: for its lifetime. */
  readonly livesFor?: number;
  /** Seconds by which the endpoint's clock is ahead. */
  readonly clockAhead?: number;
  readonly seed?: number;
}

const DEFAULTS: RefreshPolicy = { checkEvery: 300, refreshBefore: 1_800 };
const PARAMETER_NAME = '/a/b';

export async function simulateRefresher(options: SimulationOptions): Promise<SimulatedRefresher> {
  const { kind, policy = DEFAULTS, lifetime = 3_600, livesFor, clockAhead = 0, seed = 1 } = options;
  const random = createRandom(seed);
  const time = createSimulatedTime(Date.UTC(2026, 0, 1) + Math.floor(random() * 1_000));
  const aws = createInProcessAws(time.now);
  const SecretString = '{"client_id": "id", "client_secret": "secret"}';
  await aws.secretsManager.send(new CreateSecretCommand({ Name: 'secret', SecretString }));
  const clock: Clock = { now: time.now, sleep: time.sleep, timeout: time.timeout };
  const endpointClock = { ...clock, now: () => time.now() + clockAhead * 1_000 };
  const endpoint = createSameTokenEndpoint(kind, { lifetime, livesFor, clock: endpointClock, random });
  const metrics = createMetricStore();
  const runs: SimulatedRun[] = [];
  const stored: StoredOnce[] = [];
  const logged: string[] = [];
  aws.onCall = (operation, { Name, Value }) => {
    if (operation !== 'PutParameter' || Name !== PARAMETER_NAME) return;
    stored.push({ ...(JSON.parse(String(Value)) as StoredToken), storedAt: time.now() / 1_000 });
  };
  const environment: Record<string, string> = {
    [ENVIRONMENT.tokenUrl]: 'https://auth.example.com/token',
    [ENVIRONMENT.credentialsSecretId]: 'secret',
    [ENVIRONMENT.parameterName]: PARAMETER_NAME,
    [ENVIRONMENT.parameterKeyId]: 'alias/k',
    [ENVIRONMENT.checkEvery]: String(policy.checkEvery),
    [ENVIRONMENT.refreshBefore]: String(policy.refreshBefore),
  };
  const log = (message: unknown) => logged.push(String(message));
  const telemetry = {
    ...recorders(metrics, () => time.now() / 1_000),
    logger: { info: log, warn: log, error: log } as never,
  };
  const start = async (
    event: unknown = {},
    { isAwaited = false, remaining = functionTimeout(policy.checkEvery), late = 0 } = {},
  ): Promise<RefreshResult> => {
    const startedAt = time.now();
    let requests = 0;
    const fetch: typeof globalThis.fetch = (url, init) => {
      requests += 1;
      return endpoint.fetch(url, init);
    };
    const finish = (end: string) => {
      runs.push({ startedAt, endedAt: time.now(), end, requests });
    };
    try {
      const result = await run(event, environment, {
        ...{ ssm: aws.ssm, tokenWriter: aws.ssm, secretsManager: aws.secretsManager },
        ...{ clock, fetch, random, memory: {}, telemetry, isAwaited, runId: randomUUID() },
        publish: () => undefined,
        startedAt: startedAt - late * 1_000,
        remaining: remaining * 1_000,
      });
      finish(result.reason);
      return result;
    } catch (error) {
      finish(codeOf((error as Error).message));
      if (!isAwaited) metrics.addDeadLetter(time.now() / 1_000);
      throw error;
    }
  };
  return {
    ...{ time, aws, endpoint, metrics, runs, stored, logged, environment },
    run: start,
    schedule(late = () => random() * 60) {
      const from = time.now();
      void (async () => {
        for (let index = 0; ; index += 1) {
          const at = from + (index * policy.checkEvery + late(index)) * 1_000;
          await time.sleep(Math.max(0, at - time.now()));
          start().catch(() => undefined);
        }
      })();
    },
    reader: (more = {}) =>
      createReader(
        { parameterName: PARAMETER_NAME, ssm: aws.ssm, ...more },
        { now: time.now, sleep: time.sleep, random },
      ),
    async record() {
      const input = { Name: PARAMETER_NAME, WithDecryption: true };
      const { Parameter } = await aws.ssm.send(new GetParameterCommand(input));
      return { token: JSON.parse(Parameter?.Value ?? '{}'), version: Parameter?.Version ?? 0 };
    },
    async putSecret(value) {
      await aws.secretsManager.send(new PutSecretValueCommand({ SecretId: 'secret', SecretString: value }));
    },
  };
}
