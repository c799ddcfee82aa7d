import {
  type Configuration,
  type Environment,
  readConfiguration,
} from '../../lambda/refresher/configuration.ts';
import { ENVIRONMENT } from '../../lambda/shared/refresher-environment.ts';

/** The environment of a function with the default settings. */
export function environmentFor(tokenUrl: string): Environment {
  return {
    [ENVIRONMENT.tokenUrl]: tokenUrl,
    [ENVIRONMENT.credentialsSecretId]: 'secret',
    [ENVIRONMENT.parameterName]: '/a/b',
    [ENVIRONMENT.parameterKeyId]: 'alias/k',
    [ENVIRONMENT.checkEvery]: '300',
    [ENVIRONMENT.refreshBefore]: '1800',
  };
}

/** A configuration with the default settings. */
export function configurationFor(tokenUrl: string): Configuration {
  return readConfiguration(environmentFor(tokenUrl));
}
