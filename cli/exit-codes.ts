import type { TokenState } from './status/assess.ts';

/** What the process ends with, for scripts. */
export const EXIT = {
  /** `status`: every token is good and will be replaced in time. Otherwise: done. */
  ok: 0,
  /** `status`: a token is good still, but will expire if nothing is done. Otherwise: the refresher failed or is not as it should be. */
  attention: 1,
  /** `status`, `token`: there is no token that can be used. */
  noToken: 2,
  /** It could not be done or found out: wrong arguments, no access, no such refresher. */
  unable: 3,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

const SEVERITY: Readonly<Record<TokenState, ExitCode>> = {
  healthy: EXIT.ok,
  soon: EXIT.attention,
  expired: EXIT.noToken,
  missing: EXIT.noToken,
  unknown: EXIT.unable,
};

/** The worst of all decides. A token that could not be read counts for less than one that is known to be gone. */
export function exitCodeOf(states: readonly TokenState[]): ExitCode {
  const codes = states.map((state) => SEVERITY[state]);
  const worstFirst: readonly ExitCode[] = [EXIT.noToken, EXIT.unable, EXIT.attention];
  return worstFirst.find((code) => codes.includes(code)) ?? EXIT.ok;
}
