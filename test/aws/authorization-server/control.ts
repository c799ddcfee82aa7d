import { createHash, randomBytes } from 'node:crypto';
import { PutParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import type { Mode, ServerState } from './state.ts';

/** Controls the deployed authorization server through its state. */
export interface ServerControl {
  /** The value of the secret with the client's credentials. */
  credentials(): string;
  /** Every client secret so far. They must not be written anywhere. */
  readonly clientSecrets: readonly string[];
  /** Writes the state for the first time. */
  start(): Promise<void>;
  /** Replaces the client secret. The server rejects the former one from then on. */
  rotateClientSecret(): Promise<void>;
  revokeAll(): Promise<void>;
  answerWith(mode: Mode): Promise<void>;
  issueFormat(tokenFormat: ServerState['tokenFormat']): Promise<void>;
}

/** Seconds. A rejected token may be replaced after a tenth of this. */
export const TOKEN_LIFETIME = 300;

export function createServerControl(ssm: SSMClient, parameterName: string): ServerControl {
  const clientId = 'aws-test-client';
  const clientSecrets = [randomSecret()];
  let state: ServerState = {
    clientId,
    clientSecretHash: sha256(clientSecrets[0] ?? ''),
    signingKey: randomSecret(),
    generation: 1,
    mode: 'issue',
    tokenFormat: 'opaque',
    tokenLifetime: TOKEN_LIFETIME,
  };
  const change = async (changed: Partial<ServerState>): Promise<void> => {
    state = { ...state, ...changed };
    await ssm.send(
      new PutParameterCommand({
        Name: parameterName,
        Value: JSON.stringify(state),
        Type: 'SecureString',
        Tier: 'Standard',
        Overwrite: true,
      }),
    );
  };
  return {
    clientSecrets,
    credentials: () => JSON.stringify({ client_id: clientId, client_secret: clientSecrets.at(-1) }),
    start: () => change({}),
    rotateClientSecret: () => {
      const next = randomSecret();
      clientSecrets.push(next);
      return change({ clientSecretHash: sha256(next) });
    },
    revokeAll: () => change({ generation: state.generation + 1 }),
    answerWith: (mode) => change({ mode }),
    issueFormat: (tokenFormat) => change({ tokenFormat }),
  };
}

function randomSecret(): string {
  return randomBytes(32).toString('base64url');
}

function sha256(value: string): string {
  return createHash('sha256').update(value).digest('hex');
}
