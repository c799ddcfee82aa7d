import { parseJsonObject } from '../shared/json.ts';
import { REFRESH_ERROR_CODES, type RefreshErrorCode } from '../shared/refresh-error.ts';

/**
 * What the claim parameter holds: the right of one run to mint, and what all containers must know about earlier runs. Times are
 * Unix times in seconds.
 */
export interface ClaimRecord {
  /** Id of the run that wrote the record. */
  readonly owner: string;
  /** Version of the token parameter that the run replaces. 0 if there is none. */
  readonly replaces: number;
  /** When another run may take the claim, even if this run has not ended. 0 if the run has released it. */
  readonly expires_at: number;
  /** Version of the token parameter that the run wrote. */
  readonly stored?: number | undefined;
  /** The latest failure to mint, until a mint succeeds. */
  readonly failure?: MintFailure | undefined;
  /** Mints in a row whose reason was a rejected token. */
  readonly rejections?: RejectionStreak | undefined;
  /** The token that this run replaces although the API may still accept it. */
  readonly former?: FormerToken | undefined;
}

export interface MintFailure {
  readonly code: RefreshErrorCode;
  /** Fingerprint of the settings and the secret version with which minting failed. */
  readonly source: string;
  /** Reports of rejected tokens cause no request before this time. */
  readonly reports_from: number;
  /** No check sends a request before this time, because the endpoint asked to wait. */
  readonly checks_from?: number;
}

export interface RejectionStreak {
  readonly count: number;
  /** When the latest of these mints began. */
  readonly at: number;
}

export interface FormerToken {
  /** SHA-256 of the token in hex. */
  readonly token: string;
  readonly expires_at: number;
}

/** Seconds from now. No run sets a later `expires_at`, so one that lies further ahead is damage and holds nothing up. */
const LONGEST_CLAIM_SECONDS = 600;

/** Parses the value of the claim parameter. Undefined if it holds no claim: the stack creates it with `{}`. */
export function parseClaim(value: string): ClaimRecord | undefined {
  const { owner, replaces, expires_at, stored, failure, rejections, former } = parseJsonObject(value) ?? {};
  if (typeof owner !== 'string' || !isNumber(replaces) || !isNumber(expires_at)) return undefined;
  return {
    owner,
    replaces,
    expires_at,
    stored: isNumber(stored) ? stored : undefined,
    failure: isFailure(failure) ? failure : undefined,
    rejections: isStreak(rejections) ? rejections : undefined,
    former: isFormer(former) ? former : undefined,
  };
}

/** Whether a run other than `owner` has the claim to replace the token in this version of the parameter. */
export function isHeldByAnother(
  record: ClaimRecord | undefined,
  { owner, replaces, now }: { readonly owner: string; readonly replaces: number; readonly now: number },
): boolean {
  if (record === undefined || record.owner === owner) return false;
  // With another version stored, that run has done its work.
  return isHeld(record, now) && record.replaces === replaces;
}

/** Whether a run has the claim. `now` is Unix time in seconds. */
export function isHeld(record: ClaimRecord, now: number): boolean {
  return !isReleased(record) && !hasExpired(record, now);
}

/** Whether a claim that was not released no longer counts: it has ended, or ends later than any run sets. */
export function hasExpired(record: ClaimRecord, now: number): boolean {
  if (isReleased(record)) return false;
  return record.expires_at <= now || record.expires_at > now + LONGEST_CLAIM_SECONDS;
}

/** The run that has the claim to replace this version of the token after these records, none of which has expired. */
export function holderAfter(records: readonly ClaimRecord[], replaces: number): string | undefined {
  let holder: string | undefined;
  for (const record of records) {
    if (record.replaces !== replaces) continue;
    if (!isReleased(record)) holder ??= record.owner;
    else if (record.owner === holder) holder = undefined;
  }
  return holder;
}

/** Whether the run has released its claim. */
export function isReleased({ expires_at }: ClaimRecord): boolean {
  return expires_at === 0;
}

function isFailure(value: unknown): value is MintFailure {
  if (!isObject(value)) return false;
  const { code, source, reports_from, checks_from } = value;
  return (
    REFRESH_ERROR_CODES.some((known) => known === code) &&
    typeof source === 'string' &&
    isNumber(reports_from) &&
    (checks_from === undefined || isNumber(checks_from))
  );
}

function isStreak(value: unknown): value is RejectionStreak {
  return isObject(value) && isNumber(value.count) && isNumber(value.at);
}

function isFormer(value: unknown): value is FormerToken {
  return isObject(value) && typeof value.token === 'string' && isNumber(value.expires_at);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}
