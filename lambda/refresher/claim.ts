import { GetParameterCommand, PutParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { describeAwsFailure } from '../shared/aws-failure.ts';
import { parseJsonObject } from '../shared/json.ts';
import { RefreshError } from '../shared/refresh-error.ts';
import { claimParameterName } from '../shared/refresher-environment.ts';

/** The right to replace one rejected token, which one run has at a time. */
export interface Claim {
  /** Lets another run try, after this one has failed. Never rejects: otherwise the claim ends with its time. */
  release(): Promise<void>;
}

/** What is claimed, as it stands in the parameter. */
interface ClaimRecord {
  /** SHA-256, hex, of the token that is to be replaced. */
  readonly rejected: string;
  /** Unix time, seconds, from which the claim counts no more. */
  readonly expires_at: number;
}

/**
 * Claims the replacement of a token, or answers undefined where another run has claimed it. Lambda runs the reports of
 * many consumers side by side, and each of these runs finds the same token stored, so that the stored token alone
 * would have each of them mint.
 *
 * The claim is a parameter of its own next to the token's. Parameter Store numbers the writes of a parameter: of all
 * runs that have read the same version of it, the one whose write gets the next number has the claim. The others have
 * only written the same claim once more, which is why it does not name its run. After a success it stays as
 * it is: the token that it names does not come back.
 * Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-versions.html
 * @throws RefreshError `STORE_UNAVAILABLE`
 */
export async function claimReplacement(
  ssm: SSMClient,
  parameterName: string,
  {
    rejected,
    now,
    expiresAt,
  }: { readonly rejected: string; readonly now: number; readonly expiresAt: number },
): Promise<Claim | undefined> {
  const name = claimParameterName(parameterName);
  const before = await readClaim(ssm, name);
  if (before.record?.rejected === rejected && before.record.expires_at > now) return undefined;
  const version = await writeClaim(ssm, name, { rejected, expires_at: expiresAt });
  if (version !== before.version + 1) return undefined;
  return {
    release: async () => {
      await writeClaim(ssm, name, { rejected, expires_at: 0 }).catch(() => undefined);
    },
  };
}

async function readClaim(
  ssm: SSMClient,
  name: string,
): Promise<{ readonly version: number; readonly record?: ClaimRecord }> {
  try {
    const { Parameter: parameter } = await ssm.send(new GetParameterCommand({ Name: name }));
    const { rejected, expires_at } = parseJsonObject(parameter?.Value ?? '') ?? {};
    const version = parameter?.Version ?? 0;
    // The infrastructure creates the parameter without a claim.
    if (typeof rejected !== 'string' || typeof expires_at !== 'number') return { version };
    return { version, record: { rejected, expires_at } };
  } catch (error) {
    const failure = describeAwsFailure(error);
    if (failure.name === 'ParameterNotFound') return { version: 0 };
    throw unavailable(name, 'read', failure.text, failure.name);
  }
}

/** The number of the write, or undefined where Parameter Store let another write of the same moment go first. */
async function writeClaim(ssm: SSMClient, name: string, record: ClaimRecord): Promise<number | undefined> {
  try {
    const { Version: version } = await ssm.send(
      new PutParameterCommand({
        Name: name,
        Value: JSON.stringify(record),
        Type: 'String',
        Overwrite: true,
        Tier: 'Standard',
      }),
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
    `parameter ${name}, by which one run at a time replaces a rejected token, could not be ${what}: ${text}. ` +
      "The next report tries again; if access is denied, compare the function's role with the deployed template.",
    { reason },
  );
}
