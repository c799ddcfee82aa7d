import { GetParameterCommand, PutParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { describeAwsFailure, isAccessDenied, isThrottled } from '../shared/aws-failure.ts';
import type { Clock } from '../shared/clock.ts';
import { RefreshError } from '../shared/refresh-error.ts';
import { claimParameterName } from '../shared/refresher-environment.ts';
import { CLAIM_RELEASE_MS } from '../shared/time-budget.ts';
import {
  type ClaimRecord,
  hasExpired,
  holderAfter,
  isHeldByAnother,
  isReleased,
  parseClaim,
} from './claim-record.ts';
import { labeled, MAX_VERSIONS } from './labeled-version.ts';
import { type AttemptTime, type CallOptions, untilDeadline } from './until-deadline.ts';

/** The claim parameter as it was read. Version 0: there is none. */
export interface FoundClaim {
  readonly version: number;
  readonly record: ClaimRecord | undefined;
}

/** What Parameter Store answers to a write of the claim. */
interface Written {
  /** The number of the write. */
  readonly version: number;
  /** Whether this is surely the only record that the run has written. */
  readonly isOnlyOne: boolean;
}

/** Milliseconds until a record is read again, if Parameter Store throttles. */
const NEXT_READ_MS = 1_000;

const NO_CLAIM: FoundClaim = { version: 0, record: undefined };

/**
 * Reads the claim of the token parameter.
 * @throws RefreshError `STORE_UNAVAILABLE`
 */
export async function readClaim(
  ssm: SSMClient,
  parameterName: string,
  options: CallOptions = {},
): Promise<FoundClaim> {
  const name = claimParameterName(parameterName);
  try {
    return await readRecord(ssm, name, options);
  } catch (error) {
    const failure = describeAwsFailure(error);
    if (failure.name === 'ParameterNotFound') return NO_CLAIM;
    throw unavailable(name, 'read', failure.text, failure.name);
  }
}

export interface ClaimTools extends AttemptTime {
  readonly ssm: SSMClient;
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
  tools: ClaimTools,
  parameterName: string,
  before: FoundClaim,
  own: ClaimRecord,
  now: number,
): Promise<boolean> {
  const name = claimParameterName(parameterName);
  const isFirst = async (written: Written) => {
    const records = await readRecordsBefore(written, before, { ...tools, name, now, own });
    // Without knowing who was first, another run may have the claim.
    if (records === undefined) return false;
    const holder = holderAfter(records, own.replaces);
    return holder === undefined || holder === own.owner;
  };
  const isOwn = before.record?.owner === own.owner;
  // A run that waits for the claim may find its own record, which it wrote after another run had taken the claim.
  if (isOwn && !(await isFirst({ version: before.version + 1, isOnlyOne: false }))) return false;
  const written = await writeClaim(tools.ssm, name, own, untilDeadline(tools));
  return written !== undefined && isFirst({ ...written, isOnlyOne: written.isOnlyOne && !isOwn });
}

/**
 * The records before a version that still count, oldest first. Undefined if one of them cannot be read. They may reach further
 * back than `before`, which may be the late write of a run that wanted to replace a former token.
 */
async function readRecordsBefore(
  { version, isOnlyOne }: Written,
  before: FoundClaim,
  tools: ClaimTools & { readonly name: string; readonly now: number; readonly own: ClaimRecord },
): Promise<readonly ClaimRecord[] | undefined> {
  const { name, now, own } = tools;
  const { owner, replaces } = own;
  // Stryker disable next-line ArrayDeclaration: a text has no field that counts
  const records: ClaimRecord[] = [];
  const released = new Set<string>();
  for (let former = version - 1; former > 0; former -= 1) {
    // Stryker disable next-line EqualityOperator: `before` itself is not read again
    const isOlder = former < before.version;
    const found = former === before.version ? before : await readFormer(tools, `${name}:${former}`, isOlder);
    if (found === undefined) return undefined;
    const { record } = found;
    if (record === undefined || hasExpired(record, now)) break;
    records.unshift(record);
    // Without a release since, another run has the claim, whatever older records say. If many runs ask at once, most stop here.
    if (isOnlyOne && released.size === 0 && isHeldByAnother(record, { owner, replaces, now })) break;
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
 * @throws RefreshError `STORE_UNAVAILABLE` if the time is up
 */
async function readFormer(
  tools: ClaimTools,
  nameAndVersion: string,
  isOlder: boolean,
): Promise<FoundClaim | undefined> {
  const { ssm, clock, deadline } = tools;
  for (;;) {
    try {
      return await readRecord(ssm, nameAndVersion, untilDeadline(tools));
    } catch (error) {
      const { name, text } = describeAwsFailure(error);
      if (name === 'ParameterVersionNotFound' || (isOlder && isAccessDenied(name))) return NO_CLAIM;
      const left = deadline - clock.now();
      if (!isThrottled(name)) {
        if (left <= 0) throw unavailable(nameAndVersion, 'read', text, name);
        return undefined;
      }
      // This run may have the claim. If it gave up, no run could mint until the claim expires.
      if (left <= NEXT_READ_MS) return undefined;
      await clock.sleep(NEXT_READ_MS);
    }
  }
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

async function readRecord(ssm: SSMClient, nameAndVersion: string, options: CallOptions): Promise<FoundClaim> {
  const { Parameter: parameter } = await ssm.send(new GetParameterCommand({ Name: nameAndVersion }), options);
  // Perhaps a proxy answered, and not Parameter Store.
  if (parameter?.Value === undefined) return NO_CLAIM;
  return { version: parameter.Version ?? 0, record: parseClaim(parameter.Value) };
}

/** Undefined if Parameter Store refused the write because of a simultaneous one. */
async function writeClaim(
  ssm: SSMClient,
  name: string,
  record: ClaimRecord,
  options: CallOptions,
): Promise<Written | undefined> {
  try {
    const { Version: version, $metadata: sent } = await ssm.send(
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
    // If it was sent again, because an answer was lost, there may be two records.
    return version === undefined ? undefined : { version, isOnlyOne: sent.attempts === 1 };
  } catch (error) {
    const failure = describeAwsFailure(error);
    if (failure.name === 'TooManyUpdates') return undefined;
    if (failure.name === MAX_VERSIONS) throw labeled(name);
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
