/** What was found at one link of the chain from the schedule to the parameter. */
export interface Finding {
  readonly link: Link;
  /** `unknown`: it could not be looked at, for want of a permission or of what it depends on. */
  readonly state: 'ok' | 'wrong' | 'unknown';
  readonly says: string;
  /** The commands that mend it, in this order. */
  readonly remedy: readonly string[];
}

/** In the order in which a check passes them; what watches it comes last. */
export const LINKS = [
  'schedule',
  'schedule role',
  'function',
  'function role',
  'key',
  'secret',
  'endpoint',
  'parameter',
  'last run',
  'dead letters',
  'alarms',
] as const;
export type Link = (typeof LINKS)[number];

export type Verdict = Omit<Finding, 'link'>;

export const ok = (says: string): Verdict => ({ state: 'ok', says, remedy: [] });
export const unknown = (says: string): Verdict => ({ state: 'unknown', says, remedy: [] });
export const wrong = (says: string, ...remedy: readonly string[]): Verdict => ({
  state: 'wrong',
  says,
  remedy,
});
