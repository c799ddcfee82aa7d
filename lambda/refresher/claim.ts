import { GetParameterCommand, PutParameterCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { describeAwsFailure, isAccessDenied } from '../shared/aws-failure.ts';
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

/** Milliseconds until a record is read again that could not be read. */
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

/** The claim of this run. */
export interface TakenClaim {
  /** The latest record of another run. */
  readonly latest: ClaimRecord | undefined;
}

/**
 * Takes the claim. Undefined if another run has it. `before` is the claim as this run found it: not held by another run.
 *
 * The claim is a parameter next to the token's. Parameter Store numbers the writes of a parameter, and keeps the former ones.
 * Of all runs that found the claim free, the first to write has it until it releases it. The writes of the others change
 * nothing. If a write was sent twice because its answer was lost, the first of the two counts.
 * Source: https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-versions.html
 * @throws RefreshError `STORE_UNAVAILABLE`. Without the former records, the run cannot know whether it was first.
 */
export async function takeClaim(
  tools: ClaimTools,
  parameterName: string,
  before: FoundClaim,
  own: ClaimRecord,
  now: number,
): Promise<TakenClaim | undefined> {
  const name = claimParameterName(parameterName);
  const takenWith = async (written: Written): Promise<TakenClaim | undefined> => {
    const records = await readRecordsBefore(written, before, { ...tools, name, now, own });
    if (records === undefined) return undefined;
    const holder = holderAfter(records, own.replaces);
    if (holder !== undefined && holder !== own.owner) return undefined;
    return { latest: records.findLast(({ owner }) => owner !== own.owner) ?? before.record };
  };
  const isOwn = before.record?.owner === own.owner;
  // A run that waits for the claim may find its own record, which it wrote after another run had taken the claim.
  if (isOwn && (await takenWith({ version: before.version + 1, isOnlyOne: false })) === undefined)
    return undefined;
  const written = await writeClaim(tools.ssm, name, own, untilDeadline(tools));
  return written && takenWith({ ...written, isOnlyOne: written.isOnlyOne && !isOwn });
}

/**
 * The records before a version that still count, oldest first. Undefined if reading one of them is denied. They may reach further
 * back than `before`, which may be the late write of a run that wanted to replace a former token.
 * @throws RefreshError `STORE_UNAVAILABLE`
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
 * A former version of the claim, without a record if Parameter Store no longer has it. If reading former versions is denied, the
 * claim as the run found it must do: older records rarely count. Undefined for a later one, which another run has probably written.
 * @throws RefreshError `STORE_UNAVAILABLE` if it cannot be read until the time is up
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
      const isDenied = isAccessDenied(name);
      if (name === 'ParameterVersionNotFound' || (isDenied && isOlder)) return NO_CLAIM;
      if (isDenied) return undefined;
      // This run may have the claim. If it gave up, no run could mint until the claim expires.
      if (deadline - clock.now() <= NEXT_READ_MS) throw unavailable(nameAndVersion, 'read', text, name);
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
