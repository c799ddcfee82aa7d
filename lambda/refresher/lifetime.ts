import { MAX_LIFETIME_SECONDS } from '../shared/stored-token.ts';
import { shapeOf } from './shape.ts';

/** Longest `expires_in` that can be in seconds (a year). A larger number is a Unix time, or in milliseconds. */
const LONGEST_STATED_SECONDS = 365 * 24 * 3600;

export type Lifetime =
  | { readonly type: 'known'; readonly seconds: number; readonly isBounded: boolean }
  | { readonly type: 'missing' }
  /** `found` names the field and its shape. */
  | { readonly type: 'expired'; readonly found: string }
  | { readonly type: 'unusable'; readonly found: string };

/**
 * The lifetime in seconds from the moment of the request, at most 30 days.
 *
 * The expiry of a JWT bounds `expires_in` and replaces an unusable one: an instant cannot be in another unit. For other tokens,
 * `defaultLifetime` replaces an `expires_in` that is missing, unreadable, or longer than 30 days.
 */
export function readLifetime(
  expiresIn: unknown,
  untilJwtExpires: number | undefined,
  defaultLifetime: number | undefined,
): Lifetime {
  const stated = readSeconds(expiresIn);
  // NaN, for a missing or unreadable expires_in, is neither less nor more than any number.
  const seconds = stated ?? Number.NaN;
  if (seconds < 1)
    return { type: 'expired', found: `expires_in is ${shapeOf(expiresIn)}, less than a second` };
  if (untilJwtExpires !== undefined)
    return known(Math.min(untilJwtExpires, seconds || Number.POSITIVE_INFINITY));
  if (seconds <= MAX_LIFETIME_SECONDS) return known(seconds);
  if (defaultLifetime !== undefined) return known(defaultLifetime);
  if (stated === undefined) return { type: 'missing' };
  if (Number.isNaN(seconds)) return unusableLifetime(expiresIn, 'not a number of seconds');
  if (seconds <= LONGEST_STATED_SECONDS) return known(seconds);
  return unusableLifetime(expiresIn, 'more than a year in seconds: a Unix time, or milliseconds');
}

/** A number, or text with a decimal number. NaN for anything else, undefined if there is no value. */
function readSeconds(expiresIn: unknown): number | undefined {
  if (expiresIn === undefined || expiresIn === null || expiresIn === '') return undefined;
  if (typeof expiresIn === 'number') return expiresIn;
  if (typeof expiresIn !== 'string') return Number.NaN;
  return /^-?\d+(\.\d+)?$/.test(expiresIn.trim()) ? Number(expiresIn) : Number.NaN;
}

function known(seconds: number): Lifetime {
  return {
    type: 'known',
    seconds: Math.floor(Math.min(seconds, MAX_LIFETIME_SECONDS)),
    isBounded: seconds > MAX_LIFETIME_SECONDS,
  };
}

function unusableLifetime(expiresIn: unknown, why: string): Lifetime {
  return { type: 'unusable', found: `expires_in is ${shapeOf(expiresIn)}, ${why}` };
}
