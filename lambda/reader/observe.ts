import type { Load } from './load-parameter.ts';
import type { Report } from './report-rejected.ts';
import type { TokenReaderEvent, TokenReaderOptions } from './token-reader.ts';

/** Reports each load, rejection and report to the caller. */
export interface Observer {
  /** `servedFor`: seconds for which reads return the token in memory, or 0. */
  readonly load: (load: Load, servedFor: () => number) => Load;
  readonly report: (report: Report) => Report;
  readonly rejected: () => void;
}

/** Adds nothing to the reader if `onEvent` is undefined. */
export function createObserver(onEvent: TokenReaderOptions['onEvent'], now: () => number): Observer {
  if (onEvent === undefined) return { load: (load) => load, report: (report) => report, rejected: () => {} };
  // The caller's function must not stop a read. If it is async, its rejection would stop the process.
  const emit = (event: TokenReaderEvent): void =>
    void new Promise<void>((resolve) => resolve(onEvent(event))).catch((error: unknown) => {
      // The message may hold anything.
      process.emitWarning(
        `onEvent of a token reader threw ${error instanceof Error ? error.name : 'a value'}`,
      );
    });
  /** The token of the latest load. */
  let latest: string | undefined;
  return {
    load: (load, servedFor) => async () => {
      const startedAt = now();
      const loaded = await load();
      const milliseconds = now() - startedAt;
      if (loaded.type === 'failure') {
        emit({ type: 'load-failed', code: loaded.failure.code, milliseconds, validFor: servedFor() });
        return loaded;
      }
      const { access_token, expires_at } = loaded.token;
      const isNew = access_token !== latest;
      latest = access_token;
      emit({ type: 'loaded', isNew, milliseconds, validFor: Math.max(0, expires_at - now() / 1_000) });
      return loaded;
    },
    report: (report) => async (token) => {
      const startedAt = now();
      const reported = await report(token);
      const milliseconds = now() - startedAt;
      emit({ type: reported.type === 'failed' ? 'report-failed' : 'reported', milliseconds });
      return reported;
    },
    rejected: () => emit({ type: 'rejected' }),
  };
}
