import { type Configuration, readConfiguration } from '../../lambda/refresher/configuration.ts';
import { ENVIRONMENT } from '../../lambda/shared/refresher-environment.ts';

/** A configuration with the default settings. */
export function configurationFor(tokenUrl: string): Configuration {
  return readConfiguration({
    [ENVIRONMENT.tokenUrl]: tokenUrl,
    [ENVIRONMENT.credentialsSecretId]: 'secret',
    [ENVIRONMENT.parameterName]: '/a/b',
    [ENVIRONMENT.parameterKeyId]: 'alias/k',
    [ENVIRONMENT.checkEvery]: '300',
    [ENVIRONMENT.refreshBefore]: '1800',
  });
}
