import {
  type CredentialFields,
  credentialFieldsOf,
  credentialFieldsProblem,
} from '../shared/credential-fields.ts';
import { parseJsonObject } from '../shared/json.ts';
import { RefreshError } from '../shared/refresh-error.ts';
import {
  CLIENT_AUTHENTICATION_METHODS,
  type ClientAuthenticationMethod,
  ENVIRONMENT,
  PARAMETER_TIERS,
  type ParameterTier,
  RESERVED_FORM_FIELDS,
} from '../shared/refresher-environment.ts';
import { tokenUrlProblem } from '../shared/token-url.ts';

/** The refresher's settings, from its environment. */
export interface Configuration {
  readonly tokenUrl: string;
  readonly credentialsSecretId: string;
  readonly credentialFields: CredentialFields;
  readonly parameterName: string;
  readonly parameterKeyId: string;
  readonly parameterTier: ParameterTier;
  /** The tags of the parameter. */
  readonly parameterTags: Readonly<Record<string, string>>;
  readonly scope: string | undefined;
  readonly extraParameters: Readonly<Record<string, string>>;
  readonly clientAuthentication: ClientAuthenticationMethod;
  /** Lifetime of a token if its endpoint states no usable one. In seconds. */
  readonly defaultLifetime: number | undefined;
  /** Whether the endpoint revokes the former token when it grants the next one. */
  readonly revokesFormerToken: boolean;
  /** Seconds from one check to the next. */
  readonly checkEvery: number;
  /** Remaining validity, in seconds, at which the refresher mints a new token. */
  readonly refreshBefore: number;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** @throws RefreshError `CONFIGURATION_INVALID` */
export function readConfiguration(environment: Environment): Configuration {
  const tokenUrl = required(environment, ENVIRONMENT.tokenUrl);
  const problem = tokenUrlProblem(tokenUrl);
  if (problem !== undefined)
    throw invalid(ENVIRONMENT.tokenUrl, `is not a usable token endpoint: ${problem}`);
  return {
    tokenUrl,
    credentialsSecretId: required(environment, ENVIRONMENT.credentialsSecretId),
    credentialFields: readCredentialFields(environment[ENVIRONMENT.credentialFields]),
    parameterName: required(environment, ENVIRONMENT.parameterName),
    parameterKeyId: required(environment, ENVIRONMENT.parameterKeyId),
    parameterTier: oneOf(environment, ENVIRONMENT.parameterTier, PARAMETER_TIERS),
    parameterTags: readParameterTags(environment),
    scope: environment[ENVIRONMENT.scope] || undefined,
    extraParameters: readExtraParameters(environment),
    clientAuthentication: oneOf(environment, ENVIRONMENT.clientAuthentication, CLIENT_AUTHENTICATION_METHODS),
    defaultLifetime: environment[ENVIRONMENT.defaultLifetime]
      ? readSeconds(environment, ENVIRONMENT.defaultLifetime)
      : undefined,
    revokesFormerToken: oneOf(environment, ENVIRONMENT.revokesFormerToken, ['false', 'true']) === 'true',
    checkEvery: readSeconds(environment, ENVIRONMENT.checkEvery),
    refreshBefore: readSeconds(environment, ENVIRONMENT.refreshBefore),
  };
}

/** @throws RefreshError `CONFIGURATION_INVALID` */
export function readParameterTags(environment: Environment): Readonly<Record<string, string>> {
  return readStrings(environment, ENVIRONMENT.parameterTags);
}

function required(environment: Environment, name: string): string {
  const value = environment[name];
  if (value === undefined || value.trim() === '') throw invalid(name, 'is not set');
  return value;
}

/** One of the allowed values, or the first if the variable is not set. */
function oneOf<Value extends string>(
  environment: Environment,
  name: string,
  allowed: readonly [Value, ...Value[]],
): Value {
  const value = environment[name] || allowed[0];
  const found = allowed.find((one) => one === value);
  if (found !== undefined) return found;
  throw invalid(name, `is "${value}". It must be one of ${allowed.join(', ')}`);
}

function readSeconds(environment: Environment, name: string): number {
  const value = required(environment, name);
  if (/^[1-9]\d{0,6}$/.test(value)) return Number(value);
  throw invalid(name, `is "${value}". It must be a whole number of seconds from 1 to 9999999`);
}

function readCredentialFields(value: string | undefined): CredentialFields {
  if (value === undefined || value === '') return credentialFieldsOf();
  const parsed = parseJsonObject(value);
  const problem = parsed === undefined ? 'it must be a JSON object' : credentialFieldsProblem(parsed);
  if (problem !== undefined) throw invalid(ENVIRONMENT.credentialFields, `cannot be used: ${problem}`);
  return credentialFieldsOf(parsed);
}

function readExtraParameters(environment: Environment): Readonly<Record<string, string>> {
  const parameters = readStrings(environment, ENVIRONMENT.extraParameters);
  const reserved = Object.keys(parameters).find((field) => RESERVED_FORM_FIELDS.some((one) => one === field));
  if (reserved === undefined) return parameters;
  throw invalid(ENVIRONMENT.extraParameters, `contains "${reserved}", which the refresher sets itself`);
}

/** A JSON object of strings, or an empty one if the variable is not set. */
function readStrings(environment: Environment, name: string): Readonly<Record<string, string>> {
  const value = environment[name];
  if (value === undefined || value === '') return {};
  const parsed = parseJsonObject(value);
  if (parsed === undefined) throw invalid(name, 'is not a JSON object of strings');
  return Object.fromEntries(
    Object.entries(parsed).map(([key, text]) => {
      if (typeof text !== 'string') throw invalid(name, `contains "${key}", which is not a string`);
      return [key, text];
    }),
  );
}

function invalid(name: string, what: string): RefreshError {
  return new RefreshError(
    'CONFIGURATION_INVALID',
    `environment variable ${name} ${what}. Correct the refresher's settings and deploy again.`,
  );
}
