import { createDirectSender } from '../shared/direct-sender.ts';
import { READER_ENVIRONMENT } from '../shared/reader-environment.ts';
import { isSendable } from '../shared/stored-token.ts';
import { assertSeconds } from './assert-seconds.ts';
import { createAuthorizedFetch } from './authorized-fetch.ts';
import { createLoad } from './create-load.ts';
import { createReport } from './create-report.ts';
import { createReplacementSearch } from './find-replacement.ts';
import { createObserver } from './observe.ts';
import { countReports, createRejectionStreak } from './rejection-streak.ts';
import type { Seams } from './seams.ts';
import { createTokenCache } from './token-cache.ts';
import type { TokenReader, TokenReaderOptions } from './token-reader.ts';
import { TokenUnavailableError } from './token-unavailable-error.ts';

/** Seconds: enough for a run of the refresher that backs off once or twice. */
const REPLACEMENT_TIMEOUT_SECONDS = 10;
/** Seconds: a Lambda function runs no longer than this. */
const LONGEST_REPLACEMENT_TIMEOUT_SECONDS = 900;

/**
 * `createTokenReader` with its seams. Reads the environment now.
 * @throws TokenUnavailableError if the name of the parameter is missing
 * @throws TypeError if an option is out of its bounds
 */
export function createReader(options: TokenReaderOptions, seams: Seams): TokenReader {
  const { minimumValidity, replacementTimeout = REPLACEMENT_TIMEOUT_SECONDS } = options;
  const parameterName = options.parameterName ?? process.env[READER_ENVIRONMENT.parameterName];
  const functionName =
    options.refresherFunctionName ?? (process.env[READER_ENVIRONMENT.refresherFunctionName] || undefined);
  if (parameterName === undefined || parameterName === '') throw missing('parameterName');
  assertSeconds('replacementTimeout', replacementTimeout, LONGEST_REPLACEMENT_TIMEOUT_SECONDS);

  const send = createDirectSender(seams.now);
  const observer = createObserver(options.onEvent, seams.now);
  const load = observer.load(createLoad(options.ssm, parameterName, send), () => cache.servedFor());
  const cache = createTokenCache(parameterName, load, minimumValidity, seams);
  const streak = createRejectionStreak(seams);
  const report =
    functionName === undefined
      ? undefined
      : countReports(observer.report(createReport(options.lambda, functionName, send, seams)), cache, streak);
  const search = createReplacementSearch(cache, report, streak, replacementTimeout * 1_000, seams);
  const findReplacement = (rejected: string) => {
    observer.rejected();
    return search(rejected);
  };
  return {
    get: cache.get,
    authorization: async (asked) => `Bearer ${await cache.get(asked)}`,
    fetch: createAuthorizedFetch(
      options.fetch ?? ((input, init) => globalThis.fetch(input, init)),
      cache.get,
      findReplacement,
    ),
    async reject(token) {
      if (report === undefined) throw missing('refresherFunctionName');
      // The message does not show the value: it may be a token after all.
      if (typeof token !== 'string' || !isSendable(token))
        throw new TypeError('reject needs a token as returned by get()');
      observer.rejected();
      const isCurrent = cache.otherThan(token) === undefined;
      cache.reject(token);
      if (isCurrent) streak.rejected();
      if (!isCurrent || streak.mayReport()) {
        const reported = await report(token);
        if (reported.type === 'failed') throw new TokenUnavailableError(reported.failure);
      } else if (!streak.mayLook(token)) return;
      await cache.load();
      if (cache.otherThan(token) === undefined) streak.lookedInVain(token);
    },
  };
}

function missing(option: 'parameterName' | 'refresherFunctionName'): TokenUnavailableError {
  const variable = READER_ENVIRONMENT[option];
  const text = `${option} is missing. Pass it, or set ${variable} with refresher.connect(fn).`;
  return new TokenUnavailableError({ code: 'CONFIGURATION_INVALID', text });
}
