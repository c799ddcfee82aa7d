import { assertSeconds } from './assert-seconds.ts';

/** Seconds. A token that expires within this time may do so on its way to the API. */
const TRAVEL_SECONDS = 10;

/** How long a token must be valid to answer a read, in seconds. */
export interface ValidityNeeded {
  /** If the token is valid for no longer than this, the read fails. */
  readonly required: number;
  /** If the token is valid for no longer than this, the read first looks for a better one. */
  readonly preferred: number;
}

/** @throws TypeError if `minimumValidity` is not a number of seconds, 0 or more */
export function validityNeeded(minimumValidity: number | undefined): ValidityNeeded {
  if (minimumValidity === undefined) return { required: 0, preferred: TRAVEL_SECONDS };
  assertSeconds('minimumValidity', minimumValidity);
  return { required: minimumValidity, preferred: minimumValidity };
}
