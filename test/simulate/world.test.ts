import { DescribeSecretCommand, GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { PutParameterCommand } from '@aws-sdk/client-ssm';
import { expect, test } from 'vitest';
import { createClients } from '../../simulate/aws-clients.ts';
import { NO_FAULTS, NO_RATES } from '../../simulate/fault-plans.ts';
import type { Faults, IncidentKind, Rates } from '../../simulate/faults.ts';
import { createFunction } from '../../simulate/refresher.ts';
import { POLICY } from '../../simulate/scenarios.ts';
import { planEvents } from '../../simulate/schedule.ts';
import { createWorld, PARAMETER_NAME, SECRET_ID, type World } from '../../simulate/world.ts';

const HOUR = 3_600_000;

function worldWith(faults: Partial<Faults>, revokesFormer = false): World {
  const span = { from: 0, until: 10 * HOUR };
  return createWorld({
    faults: { ...NO_FAULTS, ...faults },
    seed: 1,
    ...span,
    lifetime: 3_600,
    revokesFormer,
  });
}
const rates = (changed: Partial<Rates>) => ({ rates: { ...NO_RATES, ...changed } });

/** Runs the refresher once, and returns `stored` or the code of the failure. */
async function runOnce(world: World): Promise<string> {
  const outcome = createFunction(world, POLICY)
    .invoke({})
    .then(
      () => 'stored',
      (error: Error) => error.message.split(':')[0] ?? '',
    );
  await world.time.runUntil(world.time.now() + HOUR / 2);
  return outcome;
}

/** The names of the errors of four calls, or `fine`. */
async function namesOf(world: World): Promise<readonly string[]> {
  const { ssm, secretsManager } = createClients(world, (step) => step());
  const secret = { SecretId: SECRET_ID };
  const value = { Name: PARAMETER_NAME, Value: '{}', Overwrite: true } as const;
  const calls = [
    ssm.send(new PutParameterCommand({ ...value, Type: 'SecureString' })),
    ssm.send(new PutParameterCommand({ ...value, Name: '/claim', Type: 'String' })),
    secretsManager.send(new DescribeSecretCommand(secret)),
    secretsManager.send(new GetSecretValueCommand({ ...secret, VersionId: 'version-0' })),
  ].map((call) =>
    call.then(
      () => 'fine',
      (error: Error) => error.name,
    ),
  );
  await world.time.runUntil(HOUR);
  return Promise.all(calls);
}

const [THROTTLED, FAILED, TIMEOUT] = ['ThrottlingException', 'InternalServerError', 'TimeoutError'];
test.for<readonly [kind: IncidentKind, names: readonly (string | undefined)[]]>([
  ['parameter-store throttled', [THROTTLED, THROTTLED, 'fine', 'fine']],
  ['secrets-manager hanging', ['fine', 'fine', TIMEOUT, TIMEOUT]],
  ['kms failing', [FAILED, 'fine', 'fine', FAILED]],
  ['endpoint failing', ['fine', 'fine', 'fine', 'fine']],
])('%s fails the calls that depend on it', async ([kind, names]) => {
  const world = worldWith({ incidents: [{ kind, from: 0, until: HOUR, share: 1 }] });
  expect(await namesOf(world)).toEqual(names);
});

test('clients retry as the SDK does: a call fails only if every attempt does', async () => {
  const world = worldWith({ incidents: [{ kind: 'kms failing', from: 0, until: HOUR, share: 0.3 }] });
  const { ssm } = createClients(world, (step) => step());
  const put = { Name: PARAMETER_NAME, Value: '{}', Type: 'SecureString', Overwrite: true } as const;
  const calls = Array.from({ length: 1_000 }, () => ssm.send(new PutParameterCommand(put)));
  const settled = Promise.allSettled(calls);
  await world.time.runUntil(HOUR);
  const failed = (await settled).filter(({ status }) => status === 'rejected').length;
  expect(failed / calls.length).toBeGreaterThan(0.01);
  expect(failed / calls.length).toBeLessThan(0.05);
});

test.for<readonly [kind: IncidentKind, end: string]>([
  ['endpoint slow', 'stored'],
  ['endpoint refused', 'ENDPOINT_UNAVAILABLE'],
  ['endpoint failing', 'ENDPOINT_UNAVAILABLE'],
  ['endpoint hanging', 'ENDPOINT_UNAVAILABLE'],
  ['endpoint rate-limited', 'RATE_LIMITED'],
  ['secrets-manager throttled', 'CREDENTIALS_UNAVAILABLE'],
  ['kms failing', 'STORE_UNAVAILABLE'],
  ['parameter-store hanging', 'STORE_UNAVAILABLE'],
])('with %s, the real run ends with %s', async ([kind, end]) => {
  const world = worldWith({ incidents: [{ kind, from: 0, until: HOUR, share: 1 }] });
  expect(await runOnce(world)).toBe(end);
  expect(world.stored).toHaveLength(end === 'stored' ? 1 : 0);
});

test('a container may die before the token is stored, and after', async () => {
  const counts = new Set<number>();
  const world = worldWith(rates({ killedRuns: 1 }));
  for (let run = 0; run < 20; run += 1) {
    const before = world.stored.length;
    const ended = await runOnce(world);
    if (ended === 'the container died') counts.add(world.stored.length - before);
  }
  expect(counts).toEqual(new Set([0, 1]));
});

test('a token ends when the endpoint revokes it, or grants the next one and revokes the former', async () => {
  const ends = async (revokesFormer: boolean, revocations: readonly number[]) => {
    const world = worldWith({ revocations }, revokesFormer);
    const { parameterStore } = world;
    await runOnce(world);
    parameterStore.DeleteParameter?.({ Name: PARAMETER_NAME });
    await runOnce(world);
    return (world.stored[0]?.end() ?? 0) / HOUR;
  };
  expect(await ends(false, [])).toBeCloseTo(1, 2);
  expect(await ends(false, [HOUR / 4])).toBe(0.25);
  expect(await ends(true, [])).toBeCloseTo(0.5, 2);
});

/** The number of events in ten hours, and the most minutes by which one is late. */
async function eventsWith(faults: Partial<Faults>): Promise<readonly [count: number, latest: number]> {
  const world = worldWith(faults);
  const instants: number[] = [];
  planEvents(world, 300, () => instants.push(world.time.now()));
  await world.time.runUntil(11 * HOUR);
  const late = instants.map((at) => (at % 300_000) / 60_000);
  return [instants.length, Math.ceil(Math.max(0, ...late))];
}

test('events come within a minute, and are lost, doubled, delayed or stopped', async () => {
  const off = { kind: 'schedule off', from: 0, until: HOUR - 1, share: 1 } as const;
  expect(await eventsWith({})).toEqual([120, 1]);
  expect(await eventsWith(rates({ lostEvents: 1 }))).toEqual([0, 0]);
  expect(await eventsWith(rates({ doubledEvents: 1 }))).toEqual([240, 1]);
  expect(await eventsWith(rates({ delayedEvents: 1 }))).toEqual([120, 5]);
  expect(await eventsWith({ incidents: [off] })).toEqual([108, 1]);
});
