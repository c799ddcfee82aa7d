import { RefreshError } from '../shared/refresh-error.ts';

/**
 * The cause of an attempt: the schedule (`{}`), an operator (`force`), or a consumer whose token the API rejected. `held`: a check
 * looks again, after it found this version of the parameter. `late`: a check that began at this time (Unix time in seconds) looks
 * again, because it could not read the parameter.
 */
export type RefreshEvent =
  | { readonly type: 'check' }
  | { readonly type: 'held'; readonly version: number }
  | { readonly type: 'late'; readonly since: number }
  | { readonly type: 'force' }
  | { readonly type: 'rejected'; readonly fingerprint: string };

const ALLOWED =
  'Allowed are {}, {"force": true} and {"rejected": "<SHA-256 of the rejected token, 64 hex digits>"}';

/**
 * The event of a further look in the same run, after the first one found this version. A deployment may have changed the settings
 * in the meantime. This run has the former ones, and must leave a token that was minted with the new ones.
 */
export function lookingAgain(event: RefreshEvent, version: number): RefreshEvent {
  return event.type === 'check' ? { type: 'held', version } : event;
}

/**
 * The error never quotes the event, because a consumer may have sent the token by mistake.
 * @throws RefreshError `EVENT_INVALID`
 */
export function parseEvent(event: unknown): RefreshEvent {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) {
    throw invalid(
      `it is ${Array.isArray(event) ? 'an array' : event === null ? 'null' : `a ${typeof event}`}`,
    );
  }
  const entries = Object.entries(event);
  const [first] = entries;
  if (first === undefined) return { type: 'check' };
  if (entries.length > 1) throw invalid(`it has ${entries.length} keys`);
  const [key, value] = first;
  if (key === 'force') {
    if (value === true) return { type: 'force' };
    throw invalid('"force" is not true');
  }
  if (key === 'rejected') {
    if (typeof value === 'string' && /^[0-9a-f]{64}$/i.test(value)) {
      return { type: 'rejected', fingerprint: value.toLowerCase() };
    }
    throw invalid('"rejected" is not a SHA-256 in hex');
  }
  throw invalid('its key is unknown');
}

function invalid(found: string): RefreshError {
  return new RefreshError('EVENT_INVALID', `the event cannot be used: ${found}. ${ALLOWED}.`);
}
