import type { StoredToken } from '../lambda/shared/stored-token.ts';
import type { Keyring } from '../local/embedded-cloud/encryption.ts';
import type { Operations } from '../local/embedded-cloud/input.ts';
import { createParameterStore } from '../local/embedded-cloud/parameter-store.ts';
import { createSecretsManager } from '../local/embedded-cloud/secrets-manager.ts';
import { createRandom } from '../test/support/random.ts';
import type { StoredOnce } from './coverage.ts';
import { type Faults, type Incident, indexIncidents } from './faults.ts';
import { createTokenEndpoint, type TokenEndpoint } from './token-endpoint.ts';
import { createVirtualTime, type VirtualTime } from './virtual-time.ts';

export const PARAMETER_NAME = '/simulated/token';
export const SECRET_ID = 'simulated/credentials';

/** The settings of a simulation. */
export interface WorldSettings {
  readonly faults: Faults;
  readonly seed: number;
  /** Unix times in milliseconds. */
  readonly from: number;
  readonly until: number;
  /** Lifetime of a token, in seconds. */
  readonly lifetime: number;
  /** Whether the endpoint revokes the former token at each mint. */
  readonly revokesFormer: boolean;
}

/** What the refresher and its readers live in. */
export interface World extends WorldSettings {
  readonly time: VirtualTime;
  readonly random: () => number;
  readonly incidentsAt: (now: number) => readonly Incident[];
  readonly parameterStore: Operations;
  readonly secretsManager: Operations;
  readonly endpoint: TokenEndpoint;
  /** The tokens that were stored so far. */
  readonly stored: readonly StoredOnce[];
}

/** Real encryption would take a quarter of the time, and changes nothing here. */
const KEYRING: Keyring = {
  encrypt: (_key, _context, text) => text,
  decrypt: (_key, _context, text) => text,
};

export function createWorld(settings: WorldSettings): World {
  const { faults, seed, from } = settings;
  const time = createVirtualTime(from);
  const random = createRandom(seed);
  const incidentsAt = indexIncidents(faults.incidents);
  const secretsManager = createSecretsManager(KEYRING, 'arn:aws:secretsmanager:us-east-1:000000000000');
  const endpoint = createTokenEndpoint({ ...settings, time, random, incidentsAt });
  secretsManager.CreateSecret?.({ Name: SECRET_ID, ...secretValue(0) });
  faults.rotations.forEach(({ at }, index) => {
    time.at(at, () => secretsManager.PutSecretValue?.({ SecretId: SECRET_ID, ...secretValue(index + 1) }));
  });
  for (const instant of faults.revocations) time.at(instant, endpoint.revoke);
  const stored: StoredOnce[] = [];
  const parameterStore = createParameterStore(KEYRING, 'arn:aws:ssm:us-east-1:000000000000', time.now);
  return {
    ...settings,
    ...{ time, random, incidentsAt, secretsManager, endpoint, stored },
    parameterStore: recording(parameterStore, ({ access_token, expires_at }) => {
      const end = () => Math.min(endpoint.endOf(access_token), expires_at * 1_000);
      stored.push({ at: time.now(), end });
    }),
  };
}

/** Passes each stored token to `record`. */
function recording(operations: Operations, record: (token: StoredToken) => void): Operations {
  return {
    ...operations,
    PutParameter(input) {
      const output = operations.PutParameter?.(input) ?? {};
      if (input.Name === PARAMETER_NAME) record(JSON.parse(String(input.Value)));
      return output;
    },
  };
}

function secretValue(generation: number) {
  return {
    SecretString: JSON.stringify({ client_id: 'simulated', client_secret: String(generation) }),
    ClientRequestToken: `version-${generation}`,
  };
}
