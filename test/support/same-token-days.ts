import type { TokenReader } from '../../lambda/reader/token-reader.ts';
import type { alarmsOf } from './alarms.ts';
import { type Incident, watch } from './incidents.ts';
import { type SimulatedRefresher, type SimulationOptions, simulateRefresher } from './simulated-refresher.ts';

const HOUR_MS = 3_600_000;

/** What readers and the on-call engineer see of an endpoint that grants the same token until it expires. */
export interface SameTokenDays {
  readonly simulated: SimulatedRefresher;
  /** Seconds from the end of each token to the moment at which the next one was stored. Negative if that was before. */
  readonly gaps: readonly number[];
  readonly reads: number;
  readonly failedReads: readonly { readonly at: number; readonly error: unknown }[];
  /** Reads that returned a token after its end. */
  readonly deadTokens: number;
  /** Milliseconds of the longest read. */
  readonly longestRead: number;
  readonly fired: Incident['alarms'];
}

/** Simulates some days with the alarms of a template. `prepare` may change the simulation before it starts. */
export async function simulateDays(
  days: number,
  deployed: ReturnType<typeof alarmsOf>,
  options: SimulationOptions,
  prepare: (simulated: SimulatedRefresher) => void = () => undefined,
): Promise<SameTokenDays> {
  const simulated = await simulateRefresher(options);
  const { time, stored } = simulated;
  const from = time.now();
  prepare(simulated);
  await time.until(simulated.run());
  const readers = [simulated.reader(), simulated.reader()];
  await time.until(Promise.all(readers.map((reader) => reader.get())));
  simulated.schedule();
  const seen = readAroundEnds(readers, simulated);
  await time.advance(days * 24 * HOUR_MS);
  const gaps = stored.slice(1).map(({ storedAt }, index) => storedAt - (stored[index]?.expires_at ?? 0));
  const span = { from: from / 1_000 + 3_600, until: time.now() / 1_000, extraPeriods: 1 };
  const fired = watch(deployed, { metrics: simulated.metrics.series }, span);
  return { simulated, gaps, ...seen, fired };
}

/** Reads every second around the end of each token, and every two minutes otherwise. */
function readAroundEnds(readers: readonly TokenReader[], { time, stored, endpoint }: SimulatedRefresher) {
  const seen = {
    reads: 0,
    failedReads: [] as { at: number; error: unknown }[],
    deadTokens: 0,
    longestRead: 0,
  };
  const readOnce = async (reader: TokenReader): Promise<void> => {
    const at = time.now();
    seen.reads += 1;
    try {
      const token = await reader.get();
      if ((endpoint.endOf(token) ?? 0) <= time.now()) seen.deadTokens += 1;
    } catch (error) {
      seen.failedReads.push({ at, error });
    }
    seen.longestRead = Math.max(seen.longestRead, time.now() - at);
  };
  void (async () => {
    for (;;) {
      for (const reader of readers) void readOnce(reader);
      const left = (stored.at(-1)?.expires_at ?? 0) * 1_000 - time.now();
      await time.sleep(left > 15_000 ? Math.min(120_000, left - 15_000) : 1_000);
    }
  })();
  return seen;
}
