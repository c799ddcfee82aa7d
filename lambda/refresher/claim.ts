import { GetParameterCommand, PutParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { describeAwsFailure, isAccessDenied } from '../shared/aws-failure.ts';
import type { Clock } from '../shared/clock.ts';
import { RefreshError } from '../shared/refresh-error.ts';
import { claimParameterName } from '../shared/refresher-environment.ts';
import { CLAIM_RELEASE_MS } from '../shared/time-budget.ts';
import { type ClaimRecord, hasExpired, holderAfter, isReleased, parseClaim } from './claim-record.ts';

/** The claim parameter as it was read. Version 0: there is none. */
export interface FoundClaim {
  readonly version: number;
  readonly record: ClaimRecord | undefined;
}

const NO_CLAIM: FoundClaim = { version: 0, record: undefined };

/**
 * Reads the claim of the token parameter.
 * @throws RefreshError `STORE_UNAVAILABLE`
 */
export async function readClaim(ssm: SSMClient, parameterName: string): Promise<FoundClaim> {
  const name = claimParameterName(parameterName);
  try {
    return await readRecord(ssm, name);
  } catch (error) {
    const failure = describeAwsFailure(error);
    if (failure.name === 'ParameterNotFound') return NO_CLAIM;
    throw unavailable(name, 'read', failure.text, failure.name);
  }
}

/**
 * Takes the claim, and returns whether this run has it. `before` is the claim as this run found it: not held by another run.
 *
 * The claim is a parameter next to the token's. Parameter Store numbers the writes of a parameter, and keeps the former ones.
 * Of all runs that found the claim free, the first to write has it until it releases it. The writes of the others change
 * nothing. If a write was sent twice because its answer was lost, the first of the two counts.
 * Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-versions.html
 * @throws RefreshError `STORE_UNAVAILABLE`
 */
export async function takeClaim(
  ssm: SSMClient,
  parameterName: string,
  before: FoundClaim,
  own: ClaimRecord,
  now: number,
): Promise<boolean> {
  const name = claimParameterName(parameterName);
  const isFirst = async (version: number) => {
    const records = await readRecordsBefore(version, before, { ssm, name, now, replaces: own.replaces });
    // Without knowing who was first, another run may have the claim.
    if (records === undefined) return false;
    const holder = holderAfter(records, own.replaces);
    return holder === undefined || holder === own.owner;
  };
  // A run that waits for the claim may find its own record, which it wrote after another run had taken the claim.
  if (before.record?.owner === own.owner && !(await isFirst(before.version + 1))) return false;
  const written = await writeClaim(ssm, name, own);
  return written !== undefined && isFirst(written);
}

/**
 * The records before a version that still count, oldest first. Undefined if one of them cannot be read. They may reach further
 * back than `before`, which may be the late write of a run that wanted to replace a former token.
 */
async function readRecordsBefore(
  version: number,
  before: FoundClaim,
  {
    ssm,
    name,
    now,
    replaces,
  }: { readonly ssm: SSMClient; readonly name: string; readonly now: number; readonly replaces: number },
): Promise<readonly ClaimRecord[] | undefined> {
  // Stryker disable next-line ArrayDeclaration: a text has no field that counts
  const records: ClaimRecord[] = [];
  const released = new Set<string>();
  for (let former = version - 1; former > 0; former -= 1) {
    // Stryker disable next-line EqualityOperator: `before` itself is not read again
    const isOlder = former < before.version;
    const found = former === before.version ? before : await readFormer(ssm, `${name}:${former}`, isOlder);
    if (found === undefined) return undefined;
    const { record } = found;
    if (record === undefined || hasExpired(record, now)) break;
    records.unshift(record);
    // A run that has released the claim had it alone, or stored the token that is to be replaced. Nothing older counts.
    if (isReleased(record)) {
      if (record.replaces === replaces || record.stored === replaces) released.add(record.owner);
    } else if (released.has(record.owner)) break;
  }
  return records;
}

/**
 * A former version of the claim, without a record if Parameter Store no longer has it. Undefined if it cannot be read. If
 * reading former versions is denied, the claim as the run found it must do: older records rarely count.
 */
async function readFormer(
  ssm: SSMClient,
  nameAndVersion: string,
  isOlder: boolean,
): Promise<FoundClaim | undefined> {
  return readRecord(ssm, nameAndVersion).catch((error: unknown) => {
    const { name } = describeAwsFailure(error);
    const isUnknown = name === 'ParameterVersionNotFound' || (isOlder && isAccessDenied(name));
    return isUnknown ? NO_CLAIM : undefined;
  });
}

/** Releases the claim. Never rejects: if the write fails, the claim expires by itself. */
export async function releaseClaim(
  { ssm, clock }: { readonly ssm: SSMClient; readonly clock: Clock },
  parameterName: string,
  record: ClaimRecord,
): Promise<void> {
  const abortSignal = clock.timeout(CLAIM_RELEASE_MS);
  const ended = { ...record, expires_at: 0 };
  await writeClaim(ssm, claimParameterName(parameterName), ended, { abortSignal }).catch(() => undefined);
}

async function readRecord(ssm: SSMClient, nameAndVersion: string): Promise<FoundClaim> {
  const { Parameter: parameter } = await ssm.send(new GetParameterCommand({ Name: nameAndVersion }));
  // Perhaps a proxy answered, and not Parameter Store.
  if (parameter?.Value === undefined) return NO_CLAIM;
  return { version: parameter.Version ?? 0, record: parseClaim(parameter.Value) };
}

/** The number of the write, or undefined if Parameter Store refused it because of a simultaneous one. */
async function writeClaim(
  ssm: SSMClient,
  name: string,
  record: ClaimRecord,
  options: { readonly abortSignal?: AbortSignal } = {},
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
      options,
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
    `parameter ${name}, the claim that lets one run at a time mint, could not be ${what}: ${text}. ` +
      "The next check tries again. If access is denied, compare the function's role with the deployed template.",
    { reason },
  );
}
