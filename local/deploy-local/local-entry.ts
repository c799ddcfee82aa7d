import type { RefresherSettings } from '../../infra/settings.ts';
import { credentialFieldsOf } from '../../lambda/shared/credential-fields.ts';
import type { AuthorizationServer } from '../authorization-server.ts';

/** The shortest interval of EventBridge Scheduler, and a margin that tokens of 5 minutes allow. */
const POLICY = { checkEvery: 'PT1M', refreshBefore: 'PT2M' } as const;

/** One entry of cdk.json, adapted to this machine. */
export interface LocalEntry {
  readonly name: string;
  readonly stack: string;
  /** Overrides of the entry's settings, for `-c` of the CDK CLI. */
  readonly context: Readonly<Record<string, string>>;
  /** What the authorization server accepts, as the secret holds it. */
  readonly credentials: string;
  /** A secret to create before the deployment. Undefined if the stack creates an empty one. */
  readonly secretName: string | undefined;
}

export function localEntry(
  name: string,
  settings: RefresherSettings,
  { tokenUrl, clientId, clientSecret }: Pick<AuthorizationServer, 'tokenUrl' | 'clientId' | 'clientSecret'>,
): LocalEntry {
  const fields = credentialFieldsOf(settings.credentialFields);
  // The secret in the settings is in AWS. A local one replaces it.
  const secretName = settings.credentials === undefined ? undefined : `token-refresher/${name}`;
  const overrides = {
    tokenUrl,
    ...POLICY,
    // The local cloud has neither the layers nor the proxy of the settings.
    ...(settings.layers === undefined ? {} : { layers: '' }),
    ...(settings.environment === undefined ? {} : { environment: '{}' }),
    ...(secretName === undefined ? {} : { credentials: secretName }),
  };
  return {
    name,
    stack: `TokenRefresher-${name}`,
    context: Object.fromEntries(
      Object.entries(overrides).map(([setting, value]) => [`${name}.${setting}`, value]),
    ),
    credentials: JSON.stringify({ [fields.client_id]: clientId, [fields.client_secret]: clientSecret }),
    secretName,
  };
}
