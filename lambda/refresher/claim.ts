import { GetParameterCommand, PutParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { describeAwsFailure } from '../shared/aws-failure.ts';
import type { Clock } from '../shared/clock.ts';
import { parseJsonObject } from '../shared/json.ts';
import { RefreshError } from '../shared/refresh-error.ts';
import { claimParameterName } from '../shared/refresher-environment.ts';
import { CLAIM_RELEASE_MS } from '../shared/time-budget.ts';

/** The right to replace one token. One run at a time has it. */
export interface Claim {
  /** Lets another run try after this one has failed. Never rejects: if it fails, the claim expires by itself. */
  release(): Promise<void>;
}

/** The claim as the parameter holds it. */
interface ClaimRecord {
  /** What the claim is for, as SHA-256 in hex. A rejected token is known by its own SHA-256. */
  readonly replaces: string;
  /** Unix time in seconds. */
  readonly expires_at: number;
}

/**
 * Claims the replacement of a token, or returns undefined if another run has the claim. Without claims, every simultaneous
 * report of a rejected token would cause a mint. Times are Unix times in seconds.
 *
 * The claim is a parameter next to the token's. Parameter Store numbers the writes of a parameter. Of all runs that read the
 * same version, the one whose write gets the next number has the claim. The other writes are harmless: they hold the same
 * claim. After a success the claim stays, which is harmless too: the token that it names is no longer stored. If the endpoint
 * granted that token again, the claim keeps further reports from causing requests until it expires.
 * Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-versions.html
 * @throws RefreshError `STORE_UNAVAILABLE`
 */
export async function claimReplacement(
  { ssm, clock }: { readonly ssm: SSMClient; readonly clock: Clock },
  parameterName: string,
  {
    replaces,
    now,
    expiresAt,
  }: { readonly replaces: string; readonly now: number; readonly expiresAt: number },
): Promise<Claim | undefined> {
  const name = claimParameterName(parameterName);
  const before = await readClaim(ssm, name);
  if (before.record?.replaces === replaces && before.record.expires_at > now) return undefined;
  const version = await writeClaim(ssm, name, { replaces, expires_at: expiresAt });
  if (version !== before.version + 1) return undefined;
  return {
    release: async () => {
      const abortSignal = clock.timeout(CLAIM_RELEASE_MS);
      await writeClaim(ssm, name, { replaces, expires_at: 0 }, abortSignal).catch(() => undefined);
    },
  };
}

async function readClaim(
  ssm: SSMClient,
  name: string,
): Promise<{ readonly version: number; readonly record?: ClaimRecord }> {
  try {
    const { Parameter: parameter } = await ssm.send(new GetParameterCommand({ Name: name }));
    const { replaces, expires_at } = parseJsonObject(parameter?.Value ?? '') ?? {};
    const version = parameter?.Version ?? 0;
    // The stack creates the parameter without a claim.
    if (typeof replaces !== 'string' || typeof expires_at !== 'number') return { version };
    return { version, record: { replaces, expires_at } };
  } catch (error) {
    const failure = describeAwsFailure(error);
    if (failure.name === 'ParameterNotFound') return { version: 0 };
    throw unavailable(name, 'read', failure.text, failure.name);
  }
}

/** The number of the write, or undefined if Parameter Store refused it because of a simultaneous one. */
async function writeClaim(
  ssm: SSMClient,
  name: string,
  record: ClaimRecord,
  abortSignal?: AbortSignal,
): Promise<number | undefined> {
  try {
    const { Version: version } = await ssm.send(
      new PutParameterCommand({
        Name: name,
        Value: JSON.stringify(record),
        Type: 'String',
        Overwrite: true,
        // Parameter Store refuses `Standard` for an advanced parameter. Accounts may create those by default.
        Tier: 'Intelligent-Tiering',
      }),
      abortSignal === undefined ? {} : { abortSignal },
    );
    return version;
  } catch (error) {
    const failure = describeAwsFailure(error);
    if (failure.name === 'TooManyUpdates') return undefined;
    throw unavailable(name, 'written', failure.text, failure.name);
  }
}

function unavailable(name: string, what: 'read' | 'written', text: string, reason: string): RefreshError {
  return new RefreshError(
    'STORE_UNAVAILABLE',
    `parameter ${name}, the claim to replace a token, could not be ${what}: ${text}. ` +
      "The next report tries again. If access is denied, compare the function's role with the deployed template.",
    { reason },
  );
}
