export const EXIT = {
  /** Nothing is wrong, or the command did its work. */
  ok: 0,
  /** `status`: a fault will let a token expire. `doctor`: something is wrong. Others: the run or the check failed. */
  attention: 1,
  /** `status`, `token`: there is no usable token. */
  noToken: 2,
  /** The command could not do its work: wrong arguments, no access, no such refresher. */
  unable: 3,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
