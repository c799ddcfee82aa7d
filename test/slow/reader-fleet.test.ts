import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { LARGEST_FLEET, RECOVERIES } from '../lambda/reader/recoveries.ts';
import { awsClients } from '../support/client.ts';
import { checkRecovery } from '../support/outage-fleet.ts';
import { createRandom } from '../support/random.ts';
import { type RevokingFleet, simulateRevocations } from '../support/revoking-fleet.ts';
import { createFleet, createRefresher, READS_PER_SECOND, throttle } from '../support/simulated-fleet.ts';
import { createStoredParameter, DOWN, type StoredParameter } from '../support/stored-parameter.ts';

let parameter: StoredParameter;
let minting: boolean;

beforeEach(async () => {
  parameter = await createStoredParameter({
    functions: {
      // The run that mints takes two seconds, and no test waits for its end.
      async refresher() {
        if (!minting) void parameter.time.sleep(2_000).then(() => parameter.put('second'));
        minting = true;
        return { outcome: 'kept', reason: 'being-replaced' };
      },
    },
  });
  minting = false;
});
afterEach(() => parameter.close());

/** The largest count from the given second on. */
const peak = (counts: ReadonlyMap<number, number>, from = 0) =>
  Math.max(...[...counts].filter(([second]) => second >= from).map(([, count]) => count));
const HOUR = 3_600;
const START = 1_800_000_000_000;

describe('one container', () => {
  test.for([1, 2, 3, 4, 5, 6, 7, 8])(
    'makes at most two calls for 100,000 reads over the lifetime of a token (seed %j)',
    async (seed) => {
      const refresher = createRefresher(parameter, createRandom(seed));
      await refresher.tick();
      const reader = parameter.reader({ random: createRandom(seed) });
      const seen = new Set<string>();
      for (let read = 0; read < 100_000; read += 1) {
        seen.add(await reader.get());
        await refresher.tick();
        await parameter.time.advance(36);
      }
      expect(parameter.time.now()).toBe(START + HOUR * 1_000);
      expect(seen.size).toBe(2);
      expect(parameter.reads()).toBeLessThanOrEqual(2);
    },
  );
});

// Each test sends thousands of requests over HTTP, which takes minutes on a busy machine.
describe('a fleet of a thousand containers', { timeout: 900_000 }, () => {
  const startFleet = async (seed: number, containerLifetime: number) => {
    const refresher = createRefresher(parameter, createRandom(seed));
    await refresher.tick();
    const arrived = throttle(parameter);
    const fleet = createFleet(parameter, { containers: 1_000, readsPerSecond: 0.1, containerLifetime, seed });
    fleet.readAll();
    const pass = async (seconds: number, { checking = true } = {}) => {
      for (let second = 0; second < seconds; second += 1) {
        if (checking) await refresher.tick();
        await fleet.second();
      }
    };
    return { arrived, fleet, pass };
  };
  const afterStorm = START / 1_000 + 60;

  test('starts cold at one instant without an error, and then stays within the throughput of Parameter Store', async () => {
    const { arrived, fleet, pass } = await startFleet(1, 2 * HOUR);
    await pass(60);
    expect(peak(arrived)).toBeGreaterThan(1_000);
    expect(fleet.served.containers).toBe(1_000);
    await pass(55 * 60);
    expect(fleet.failures).toEqual([]);
    expect(peak(arrived, afterStorm)).toBeLessThan(READS_PER_SECOND);
  });

  test('serves through ten minutes without Parameter Store, and does not overload it', async () => {
    const { arrived, fleet, pass } = await startFleet(2, 100 * HOUR);
    await pass(45 * 60);
    const restore = parameter.fail(DOWN);
    const before = parameter.reads();
    await pass(600, { checking: false });
    expect(parameter.reads() - before).toBeGreaterThan(500);
    restore();
    await pass(15 * 60);
    expect(fleet.failures).toEqual([]);
    expect(peak(arrived, afterStorm)).toBeLessThan(READS_PER_SECOND);
  });

  test('gets a new token after a revocation with few reports', async () => {
    const { lambda } = awsClients(parameter.cloud.url);
    parameter.time.watch(lambda);
    await parameter.put('first');
    let accepted = 'first';
    const fetch: typeof globalThis.fetch = async (_input, init) => {
      const authorization = new Headers(init?.headers).get('authorization');
      return new Response(null, { status: authorization === `Bearer ${accepted}` ? 200 : 401 });
    };
    const options = { refresherFunctionName: 'refresher', lambda, fetch, replacementTimeout: 60 };
    const fleet = Array.from({ length: 1_000 }, (_, seed) =>
      parameter.reader({ ...options, random: createRandom(seed) }),
    );
    const call = () => Promise.all(fleet.map((reader) => reader.fetch('http://api')));
    await parameter.time.until(call());
    throttle(parameter);
    accepted = 'second';
    const responses = await parameter.time.until(call());
    expect(responses.filter(({ status }) => status === 200)).toHaveLength(1_000);
    const reports = parameter.cloud.calls.filter(({ service }) => service === 'lambda').length;
    expect(reports).toBeLessThan(200);
    lambda.destroy();
  });

  test('waits for a token that is stored two seconds after the end of the last one, without an error', async () => {
    await parameter.put('first');
    const arrived = throttle(parameter);
    const fleet = createFleet(parameter, {
      containers: 1_000,
      readsPerSecond: 0.1,
      containerLifetime: 100 * HOUR,
      seed: 4,
    });
    fleet.readAll();
    const pass = async (seconds: number) => {
      for (let second = 0; second < seconds; second += 1) await fleet.second();
    };
    await pass(HOUR);
    const before = parameter.reads();
    await pass(2);
    await parameter.put('second');
    await pass(90);
    expect(fleet.failures).toEqual([]);
    // Each container needs one load. More than 40 a second want it, so Parameter Store throttles some, which load again.
    expect(parameter.reads() - before).toBeLessThan(5_000);
    expect(peak(arrived, START / 1_000 + HOUR + 60)).toBeLessThan(READS_PER_SECOND);
  });

  test('does not overload Parameter Store while the refresher is down, and recovers with it', async () => {
    const { arrived, fleet, pass } = await startFleet(3, 100 * HOUR);
    await pass(25 * 60);
    await pass(34 * 60, { checking: false });
    expect(fleet.failures).toEqual([]);
    await pass(10 * 60);
    expect(fleet.failures).toEqual([]);
    expect(peak(arrived, afterStorm)).toBeLessThan(READS_PER_SECOND);
  });
});

describe('a fleet of a thousand containers without a token', { timeout: 900_000 }, () => {
  test.for(RECOVERIES)('has one in time after an outage ($outage)', async ({ state, fleets }) => {
    const largest = fleets.find(({ containers }) => containers === LARGEST_FLEET) ?? expect.unreachable();
    await checkRecovery(state, largest);
  });
});

describe('a thousand readers of an endpoint that revokes the former token', { timeout: 900_000 }, () => {
  const fleet = { readers: 1_000, every: 10, hours: 1 };
  test.for<RevokingFleet & { most: number; busiestMinute: number }>([
    { ...fleet, method: 'get', most: 0.002, busiestMinute: 42 },
    // It also asks when the wait of ten seconds has ended.
    { ...fleet, method: 'fetch', most: 0.001, busiestMinute: 47 },
  ])(
    'get few revoked tokens, and hardly exceed the throughput of Parameter Store, repeated reads included: %j',
    async ({ most, busiestMinute, ...options }) => {
      const seen = await simulateRevocations(options);
      expect(seen.share).toBeLessThanOrEqual(most);
      expect(seen.longest).toBeLessThanOrEqual(20_000);
      expect(seen.busiestMinute).toBeLessThanOrEqual(busiestMinute);
    },
  );
});
