import { RefreshError } from '../shared/refresh-error.ts';
import { remedyIfItLasts } from './endpoint-failure.ts';

/** A warm container remembers the last `Retry-After` for its next runs. */
export interface PauseMemory {
  pause?: {
    /** Unix time in milliseconds. */
    readonly notBefore: number;
    /** Why the endpoint asked to wait. */
    readonly code: 'RATE_LIMITED' | 'ENDPOINT_UNAVAILABLE';
  };
}

/** Remembers the pause if the failure carries one. */
export function rememberPause(memory: PauseMemory, failure: unknown): void {
  if (!(failure instanceof RefreshError) || failure.details.notBefore === undefined) return;
  const code = failure.code === 'RATE_LIMITED' ? failure.code : 'ENDPOINT_UNAVAILABLE';
  memory.pause = { notBefore: failure.details.notBefore, code };
}

/**
 * `now` is Unix time in milliseconds.
 * @throws RefreshError `RATE_LIMITED`, `ENDPOINT_UNAVAILABLE` if the pause has not ended
 */
export function assertNotPaused({ pause }: PauseMemory, tokenUrl: string, now: number): void {
  if (pause === undefined || now >= pause.notBefore) return;
  const until = new Date(pause.notBefore).toISOString();
  throw new RefreshError(
    pause.code,
    `no request was sent to ${tokenUrl}, which asked not to be called before ${until}. ` +
      `The first check after that tries again. ${remedyIfItLasts(pause.code)}`,
    { notBefore: pause.notBefore },
  );
}
