import { KEYS } from './keys.ts';
import type { LocalSystem } from './system.ts';

/** Everything that the screen shows. Never the token. */
export interface ScreenState {
  readonly now: number;
  /** What reads the token in another terminal, a line each. */
  readonly readCommands: readonly string[];
  readonly authorization: 'up' | 'down' | 'answers 429';
  readonly tokenRequests: number;
  /** Seconds of validity left in the stored token. */
  readonly secondsLeft: number | undefined;
  readonly lifetime: number;
  readonly parameterVersion: number | undefined;
  readonly lastRun: string;
  readonly consumer: ConsumerState;
  /** The latest last. */
  readonly events: readonly string[];
}

export interface ConsumerState {
  readonly calls: number;
  readonly failures: number;
  /** Unix time, milliseconds, since when calls fail; undefined while they succeed. */
  readonly failingSince: number | undefined;
  /** Seconds for which the last outage lasted. */
  readonly lastOutage: number | undefined;
}

const BAR_WIDTH = 40;

/** The whole screen as text. */
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

/** The commands that read the token in another terminal. */
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
  const counted = `${calls} calls, ${failures} refused`;
  if (failingSince !== undefined)
    return `${counted}; failing for ${Math.ceil((now - failingSince) / 1000)} s`;
  if (lastOutage !== undefined) return `${counted}; working, the last interruption took ${lastOutage} s`;
  return `${counted}; noticed nothing`;
}
