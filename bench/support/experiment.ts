import type { BenchCloud } from './cloud.ts';

/** What one run of a contender showed: sizes in bytes, times in milliseconds. */
export type Sample = Readonly<Record<string, number>>;

/** Runs once and returns what was measured. */
export type Contender = () => Promise<Sample>;

/** Contenders that are measured side by side. */
export interface Experiment {
  /** How often each contender runs. */
  readonly rounds: number;
  /**
   * Which value of all rounds counts. A process waits for the disk and for its share of the processor, and other load only adds
   * to that, so the least is the steadiest. A loop in one process has garbage to collect, which the least would leave out.
   */
  readonly counts: 'least' | 'median';
  prepare(surroundings: Surroundings): Promise<Readonly<Record<string, Contender>>>;
}

export interface Surroundings {
  readonly cloud: BenchCloud;
  /** A temporary directory, where bundles find the packages of this repository. */
  readonly directory: string;
}

/** The samples of each contender, by its name. The samples with the same index are from the same round. */
export type Samples = ReadonlyMap<string, readonly Sample[]>;

/**
 * Runs the contenders in turns, so that other load on the machine affects all of them. Each round starts with another one,
 * because the first may find the processor idle.
 */
export async function runInterleaved(
  contenders: Readonly<Record<string, Contender>>,
  rounds: number,
): Promise<Samples> {
  const samples = new Map<string, Sample[]>(Object.keys(contenders).map((name) => [name, []]));
  const entries = Object.entries(contenders);
  for (let round = 0; round < rounds; round += 1) {
    const first = round % entries.length;
    for (const [name, run] of [...entries.slice(first), ...entries.slice(0, first)])
      samples.get(name)?.push(await run());
  }
  return samples;
}
