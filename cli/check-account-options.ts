import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { CliError } from './cli-error.ts';
import type { AccountOptions } from './clients.ts';

type ProcessEnvironment = Readonly<Record<string, string | undefined>>;

/**
 * Checks that the profile exists, and the form of the region and of the endpoints. The SDK's own errors do not name them.
 * @throws CliError
 */
export async function checkAccountOptions(
  { profile, region }: AccountOptions,
  environment: ProcessEnvironment,
): Promise<void> {
  const chosenRegion = region ?? regionOfEnvironment(environment);
  if (chosenRegion !== undefined) assertRegion(chosenRegion);
  assertEndpoints(environment);
  // An empty AWS_PROFILE counts as none.
  const chosen = profile ?? (environment.AWS_PROFILE || undefined);
  if (chosen !== undefined && chosen !== 'default') await assertProfile(chosen, environment);
}

/** The SDK ignores `AWS_DEFAULT_REGION`. */
export function regionOfEnvironment(environment: ProcessEnvironment): string | undefined {
  return environment.AWS_REGION || environment.AWS_DEFAULT_REGION || undefined;
}

/** Source: https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html */
const REGION = /^[a-z]{2,4}(-[a-z]+){1,3}-\d{1,2}$/;

/** @throws CliError unless the text has the form of a region */
export function assertRegion(region: string): void {
  if (REGION.test(region)) return;
  throw new CliError(
    `"${region}" is not an AWS region. A region is like eu-central-1 or us-gov-west-1. Correct --region, AWS_REGION, AWS_DEFAULT_REGION or the profile's region`,
  );
}

/** Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html */
const ENDPOINT_VARIABLE = /^AWS_ENDPOINT_URL(_[A-Z_]+)?$/;

function assertEndpoints(environment: ProcessEnvironment): void {
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || value === '' || !ENDPOINT_VARIABLE.test(name) || isHttpUrl(value)) continue;
    throw new CliError(
      `${name} is not a URL: "${value}". Set it to a URL like http://localhost:4566, or unset it to use AWS`,
    );
  }
}

function isHttpUrl(text: string): boolean {
  return /^https?:\/\//i.test(text) && URL.canParse(text);
}

async function assertProfile(profile: string, environment: ProcessEnvironment): Promise<void> {
  const files = [
    environment.AWS_CONFIG_FILE || join(homedir(), '.aws', 'config'),
    environment.AWS_SHARED_CREDENTIALS_FILE || join(homedir(), '.aws', 'credentials'),
  ];
  // Either file may be missing.
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')));
  const known = [...new Set(texts.flatMap(profilesIn))];
  if (known.includes(profile)) return;
  const found = known.length === 0 ? 'There are no profiles' : `Profiles: ${known.join(', ')}`;
  throw new CliError(
    `no profile "${profile}" in ${files.join(' or ')}. ${found}. Correct --profile or AWS_PROFILE, or run: aws configure --profile ${profile}`,
  );
}

/** The profiles of a file: `[profile name]` in the config file, `[name]` in the credentials file. */
function profilesIn(text: string): readonly string[] {
  const sections = text.matchAll(
    /^\s*\[\s*(profile\s+|(?:sso-session|services)\s+)?["']?([^\]"']+?)["']?\s*\]/gm,
  );
  return [...sections]
    .filter(([, kind = '']) => kind === '' || kind.startsWith('profile'))
    .map(([, , name = '']) => name);
}
