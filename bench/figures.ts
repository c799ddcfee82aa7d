import { cachedRead } from './experiments/cached-read.ts';
import { consumerSize } from './experiments/consumer-size.ts';
import { firstRead } from './experiments/first-read.ts';
import { keptCheck } from './experiments/kept-check.ts';
import { refresherSize } from './experiments/refresher-size.ts';
import { refresherStart } from './experiments/refresher-start.ts';
import type { Figure, Measured, Unit } from './support/figure.ts';

const PLAIN = { contender: 'plain', name: 'a check with the SDK, bundled plainly' };
const RUNTIME = { contender: 'withoutSdk', name: 'a check with the SDK of the runtime' };
const REQUEST = { contender: 'bare', name: 'one request' };
const FUNCTION = { contender: 'plain', name: 'an async function that reads the clock' };
const BY_HAND = { contender: 'byHand', name: "the SDK's answer, kept in a variable until it expires" };
const POWERTOOLS = { contender: 'powertools', name: 'a cached read of Powertools' };
const BARE_CALL = { contender: 'sdk', name: 'the bare call with the SDK' };
const BARE_CALL_TLS = { contender: 'sdkOverTls', name: 'the bare call with the SDK' };

/** Every figure of docs/performance.md. */
export const FIGURES: readonly Figure[] = [
  ratio('Refresher: bundle size', [refresherSize, 'bytes', 'deployed'], PLAIN, 0.5),
  ratio('Refresher: start', [refresherStart, 'start', 'deployed'], PLAIN, 0.3),
  ratio('Refresher: start and first check', [refresherStart, 'total', 'deployed'], PLAIN, 0.5),
  ratio('Refresher: CPU time of both', [refresherStart, 'cpu', 'deployed'], PLAIN, 0.5),
  ratio('Refresher: start', [refresherStart, 'start', 'deployed'], RUNTIME, 0.5),
  ratio('Refresher: start and first check', [refresherStart, 'total', 'deployed'], RUNTIME, 0.5),
  ratio('Refresher: CPU time of both', [refresherStart, 'cpu', 'deployed'], RUNTIME, 0.5),
  ratio(
    'Refresher: start and first call of the SDK',
    [refresherStart, 'total', 'deployedWithSdk'],
    PLAIN,
    0.8,
  ),
  value('Refresher: memory after the first check', [refresherStart, 'memory', 'deployed'], 80, 'MB'),
  value(
    'Refresher: memory after the first call of the SDK',
    [refresherStart, 'memory', 'deployedWithSdk'],
    100,
    'MB',
  ),
  ratio('Refresher: warm check that keeps the token', [keptCheck, 'elapsed', 'check'], REQUEST, 1.5),
  ratio('Reader: cached read', [cachedRead, 'elapsed', 'reader'], FUNCTION, 1.35),
  ratio('Reader: cached read', [cachedRead, 'elapsed', 'reader'], BY_HAND, 1.35),
  ratio('Reader: cached read', [cachedRead, 'elapsed', 'reader'], POWERTOOLS, 0.5),
  value('Reader: start of a consumer', [firstRead, 'start', 'reader'], 5, 'ms'),
  ratio('Reader: start and first read of a consumer', [firstRead, 'total', 'reader'], BARE_CALL, 0.3),
  ratio('Reader: the same over TLS', [firstRead, 'total', 'readerOverTls'], BARE_CALL_TLS, 0.6),
  value('Reader: bundle size of a consumer', [consumerSize, 'bytes', 'consumer'], 40, 'KB'),
];

function ratio(what: string, of: Measured, than: Figure['than'] & object, atMost: number): Figure {
  return { what, of, than, atMost };
}

function value(what: string, of: Measured, atMost: number, unit: Unit): Figure {
  return { what, of, unit, atMost };
}
