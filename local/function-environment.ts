import { ENVIRONMENT } from '../lambda/shared/refresher-environment.ts';
import type { DeployableFunction } from './synthesize.ts';

/** Name of the secret that the function reads on this machine. */
export const SECRET_NAME = 'token-refresher/local';

/** The embedded cloud accepts any well-formed key ARN. */
const LOCAL_KEY = 'arn:aws:kms:us-east-1:000000000000:key/00000000-0000-4000-8000-000000000000';

/** The environment of the template. A local secret and key replace its references to resources. */
export function resolveEnvironment(
  { environment }: DeployableFunction,
  keyId: string = LOCAL_KEY,
): Record<string, string> {
  const local = { [ENVIRONMENT.credentialsSecretId]: SECRET_NAME, [ENVIRONMENT.parameterKeyId]: keyId };
  return Object.fromEntries(
    Object.entries({ ...environment, ...local }).map(([name, value]) => {
      if (typeof value === 'string') return [name, value];
      throw new Error(`${name} in the template refers to a resource that has no local replacement`);
    }),
  );
}
