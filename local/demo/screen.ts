import type { ConsumerState } from './consumer-state.ts';
import { KEYS } from './keys.ts';
import type { LocalSystem } from './local-system.ts';

/** Everything that the screen shows. It never includes the token. */
export interface ScreenState {
  /** Unix time, milliseconds. */
  readonly now: number;
  /** Shell commands that read the token from another terminal. */
  readonly readCommands: readonly string[];
  readonly authorization: 'up' | 'down' | 'answers 429';
  readonly tokenRequests: number;
  /** Remaining validity of the stored token. Undefined if no token is stored. */
  readonly secondsLeft: number | undefined;
  /** Seconds. */
  readonly lifetime: number;
  readonly parameterVersion: number | undefined;
  readonly lastRun: string;
  readonly consumer: ConsumerState;
  /** Oldest first. */
  readonly events: readonly string[];
}

const BAR_WIDTH = 40;

export function renderScreen(state: ScreenState): string {
  const { consumer } = state;
  const left = Math.max(0, state.secondsLeft ?? 0);
  const filled = Math.min(BAR_WIDTH, Math.round((left / state.lifetime) * BAR_WIDTH));
  const keys = Object.entries(KEYS).map(([key, meaning]) => `[${key}] ${meaning}`);
  return [
    'Token Refresher, running on this machine',
    '',
    `  authorization server   ${state.authorization}, ${state.tokenRequests} token requests`,
    `  refresher              ${state.lastRun}`,
    `  token                  ${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ${left} s left`,
    `  parameter              version ${state.parameterVersion ?? '–'}`,
    `  consumer               ${describeConsumer(consumer, state.now)}`,
    '',
    ...state.events.map((event) => `  ${event}`),
    '',
    `  ${keys.slice(0, 3).join('   ')}`,
    `  ${keys.slice(3).join('   ')}`,
    '',
    '  Read the token from another terminal:',
    ...state.readCommands.map((line) => `  ${line}`),
    '',
  ].join('\n');
}

export function readCommands({
  awsUrl,
  external,
  region,
  parameterName,
}: Pick<LocalSystem, 'awsUrl' | 'external' | 'region' | 'parameterName'>): readonly string[] {
  const credentials = external ? '' : ' AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local';
  return [
    `export AWS_ENDPOINT_URL=${awsUrl}${credentials}`,
    `aws ssm get-parameter --region ${region} --name ${parameterName} --with-decryption`,
  ];
}

export function describeConsumer(
  { calls, failures, failingSince, lastOutage }: ConsumerState,
  now: number,
): string {
  const counts = `${calls} calls, ${failures} failed`;
  if (failingSince !== undefined) return `${counts}; failing for ${Math.ceil((now - failingSince) / 1000)} s`;
  if (lastOutage !== undefined) return `${counts}; working, the last outage took ${lastOutage} s`;
  return `${counts}; no outage`;
}
