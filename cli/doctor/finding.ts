/** The result for one link of the chain from the schedule to the parameter. */
export interface Finding {
  readonly link: Link;
  /** `unknown`: not checked, because a permission or something it depends on is missing. */
  readonly state: 'ok' | 'wrong' | 'unknown';
  readonly says: string;
  /** The commands that fix it, in this order. */
  readonly remedy: readonly string[];
}

/** In the order in which a check uses them. Dead letters and alarms come last. */
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
