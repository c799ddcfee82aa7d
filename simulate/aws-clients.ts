import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { SSMClient } from '@aws-sdk/client-ssm';
import { AWS_CLIENT } from '../lambda/shared/aws-client.ts';
import { TOKEN_WRITE } from '../lambda/shared/time-budget.ts';
import { AwsError } from '../local/embedded-cloud/aws-error.ts';
import type { Input, Operations } from '../local/embedded-cloud/input.ts';
import type { AwsFaultKind, AwsService, Incident } from './faults.ts';
import type { World } from './world.ts';

/**
 * Clients that answer from the embedded cloud, as the SDK's clients would. The SDK itself takes 30 times as long for a call,
 * so a simulated year would take minutes.
 */
export interface SimulatedClients {
  readonly ssm: SSMClient;
  readonly tokenWriter: SSMClient;
  readonly secretsManager: SecretsManagerClient;
}

/** Milliseconds. */
const ANSWER = { least: 5, most: 40 };
/** The SDK's waits before its second attempt, in milliseconds. They double with each further one, and are jittered. */
const RETRY_BASE = { throttled: 500, failing: 100, hanging: 100 } as const;

/** A step of a run. It never settles if its container dies. */
export type Step = <Value>(step: () => Promise<Value>) => Promise<Value>;

export function createClients(world: World, step: Step): SimulatedClients {
  const { maxAttempts, requestHandler } = AWS_CLIENT;
  const usual = { maxAttempts, attemptMs: requestHandler.requestTimeout };
  const client = (service: Served, limits: Limits) => ({
    send: (command: Command, options?: { readonly abortSignal?: AbortSignal }) =>
      step(() => send(world, service, limits, command, options?.abortSignal)),
  });
  return {
    ssm: client('parameterStore', usual) as unknown as SSMClient,
    tokenWriter: client('parameterStore', TOKEN_WRITE) as unknown as SSMClient,
    secretsManager: client('secretsManager', usual) as unknown as SecretsManagerClient,
  };
}

type Served = 'parameterStore' | 'secretsManager';
interface Limits {
  readonly maxAttempts: number;
  readonly attemptMs: number;
}
interface Command {
  readonly input: object;
}

/** Sends a command as the SDK does in its standard retry mode. */
async function send(
  world: World,
  service: Served,
  { maxAttempts, attemptMs }: Limits,
  command: Command,
  abortSignal: AbortSignal | undefined,
): Promise<object> {
  const { time, random } = world;
  const operation = command.constructor.name.replace(/Command$/, '');
  const input = command.input as Input;
  for (let attempt = 1; ; attempt += 1) {
    if (abortSignal?.aborted === true) throw named('AbortError');
    const incident = world
      .incidentsAt(time.now())
      .find((one) => affects(one, service, input) && random() < one.share);
    if (incident === undefined) {
      await time.sleep(ANSWER.least + (ANSWER.most - ANSWER.least) * random());
      return { $metadata: { attempts: attempt }, ...answer(world[service], operation, input) };
    }
    const kind = incident.kind.split(' ')[1] as AwsFaultKind;
    await time.sleep(kind === 'hanging' ? attemptMs : ANSWER.most);
    if (attempt === maxAttempts) throw failure(kind);
    await time.sleep(random() * RETRY_BASE[kind] * 2 ** (attempt - 1));
  }
}

function answer(operations: Operations, operation: string, input: Input): object {
  try {
    return operations[operation]?.({ ...input }) ?? {};
  } catch (error) {
    throw error instanceof AwsError ? named(error.type, error.message) : error;
  }
}

function affects({ kind }: Incident, service: Served, input: Input): boolean {
  const failing = kind.split(' ')[0] as AwsService;
  if (failing === 'parameter-store') return service === 'parameterStore';
  if (failing === 'secrets-manager') return service === 'secretsManager';
  if (failing !== 'kms') return false;
  return input.WithDecryption === true || input.Type === 'SecureString' || input.VersionId !== undefined;
}

function failure(kind: AwsFaultKind): Error {
  if (kind === 'hanging') return named('TimeoutError');
  const [name, httpStatusCode] =
    kind === 'throttled' ? ['ThrottlingException', 400] : ['InternalServerError', 500];
  return Object.assign(named(name as string), { $metadata: { httpStatusCode } });
}

function named(name: string, message = name): Error {
  return Object.assign(new Error(message), { name });
}
