/** The services that can be called without the SDK, and their names in its variables. */
const SERVICES = { ssm: 'SSM', lambda: 'LAMBDA', secretsmanager: 'SECRETS_MANAGER' } as const;
export type Service = keyof typeof SERVICES;

type Environment = Readonly<Record<string, string | undefined>>;

/** How to reach a service without the SDK. */
export interface DirectEndpoint {
  readonly service: Service;
  readonly region: string;
  readonly url: URL;
  readonly credentials: Credentials;
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | undefined;
}

/** If one of these is set to anything but `false`, only the SDK knows which endpoint is meant. */
const ENDPOINT_FLAGS = [
  'AWS_USE_FIPS_ENDPOINT',
  'AWS_USE_DUALSTACK_ENDPOINT',
  'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
] as const;

/** Domains by region. Source: https://docs.aws.amazon.com/general/latest/gr/rande.html */
const DOMAINS = [
  [/^(us|eu|ap|sa|ca|me|af|il|mx)-\w+-\d+$/, 'amazonaws.com'],
  [/^us-gov-\w+-\d+$/, 'amazonaws.com'],
  [/^cn-\w+-\d+$/, 'amazonaws.com.cn'],
] as const;

/**
 * The endpoint and credentials of the environment, as in every Lambda function. Undefined if the SDK must find them: a
 * profile, a configuration file, a container's or an instance's role, FIPS, dual stack, or a region with another domain.
 */
export function directEndpoint(service: Service, env: Environment): DirectEndpoint | undefined {
  const { AWS_REGION: region, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (!region || !accessKeyId || !secretAccessKey) return undefined;
  // The SDK prefers a profile to the credentials of the environment.
  if (env.AWS_PROFILE || ENDPOINT_FLAGS.some((name) => isOn(env[name])) || hasConfigFile(env))
    return undefined;
  const url = endpointUrl(service, region, env);
  if (url === undefined) return undefined;
  return {
    service,
    region,
    url,
    credentials: { accessKeyId, secretAccessKey, sessionToken: env.AWS_SESSION_TOKEN || undefined },
  };
}

/** Whether a file of the AWS CLI may name the region. The SDK prefers the one with the credentials. */
export function mayFindRegion(env: Environment): boolean {
  return hasConfigFile(env) || hasFile(env, env.AWS_SHARED_CREDENTIALS_FILE, 'credentials');
}

/** Whether there is a configuration file of the AWS CLI, which may name a region, an endpoint or a proxy. */
export function hasConfigFile(env: Environment): boolean {
  return hasFile(env, env.AWS_CONFIG_FILE, 'config');
}

function hasFile(env: Environment, configured: string | undefined, name: string): boolean {
  const home = env.HOME || env.USERPROFILE;
  const file = configured || (home && `${home}/.aws/${name}`);
  return file ? process.getBuiltinModule('node:fs').existsSync(file) : false;
}

function isOn(flag: string | undefined): boolean {
  return flag !== undefined && flag !== '' && flag !== 'false';
}

function endpointUrl(service: Service, region: string, env: Environment): URL | undefined {
  // Emulators set these variables, and so do functions that use a VPC endpoint without private DNS.
  const configured = env[`AWS_ENDPOINT_URL_${SERVICES[service]}`] || env.AWS_ENDPOINT_URL;
  if (configured) return plainUrl(configured);
  const domain = DOMAINS.find(([regions]) => regions.test(region))?.[1];
  return domain && new URL(`https://${service}.${region}.${domain}`);
}

/** The URL, unless only the SDK can explain what is wrong with it, or knows what to do with its parts. */
function plainUrl(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const isHttp = url.protocol === 'https:' || url.protocol === 'http:';
  return isHttp && `${url.username}${url.password}${url.search}${url.hash}` === '' ? url : undefined;
}
