import { createRandom } from '../test/support/random.ts';
import {
  AWS_FAULT_KINDS,
  AWS_SERVICES,
  type Faults,
  type Incident,
  OUTAGE_KINDS,
  type Rates,
  type Rotation,
} from './faults.ts';

/** Bounds in minutes. */
export interface OutageClass {
  readonly name: string;
  readonly from: number;
  readonly until: number;
}

const HOUR = 60;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * HOUR * MINUTE_MS;

/** `bound`: minutes of the longest outage that does no harm with the default settings. */
export function outageClasses(bound: number): readonly OutageClass[] {
  return [
    { name: '1 to 5 min', from: 1, until: 5 },
    { name: '5 to 15 min', from: 5, until: 15 },
    { name: `15 to ${bound} min`, from: 15, until: bound },
    { name: `${bound} to 60 min`, from: bound, until: HOUR },
    { name: '1 to 6 h', from: HOUR, until: 6 * HOUR },
    { name: '6 to 24 h', from: 6 * HOUR, until: 24 * HOUR },
  ];
}

export const NO_RATES: Rates = {
  lostEvents: 0,
  doubledEvents: 0,
  delayedEvents: 0,
  killedRuns: 0,
  coldStarts: 0,
  clockError: 0,
};

export const NO_FAULTS: Faults = { incidents: [], rotations: [], revocations: [], rates: NO_RATES };

/** One outage of the class in each two days, at a random time. */
export function outagesOf(
  { from: least, until: most }: OutageClass,
  seed: number,
  from: number,
  until: number,
): Faults {
  const random = createRandom(seed);
  const incidents: Incident[] = [];
  for (let start = from + DAY_MS / 2; start + 2 * DAY_MS <= until; start += 2 * DAY_MS) {
    const begins = start + random() * (DAY_MS / 2);
    incidents.push(outage(random, begins, least + random() * (most - least)));
  }
  return { ...NO_FAULTS, incidents };
}

function outage(random: () => number, from: number, minutes: number): Incident {
  const kind = oneOf(random, OUTAGE_KINDS);
  const retryAfter = 30 + Math.floor(random() * 90);
  return {
    ...{ kind: `endpoint ${kind}`, from, until: from + minutes * MINUTE_MS, share: 1 },
    ...(kind === 'rate-limited' && random() < 0.5 ? { retryAfter } : {}),
  };
}

/** Something that happens some times a year, and lasts for some minutes. */
interface Often {
  readonly times: number;
  readonly least: number;
  readonly most: number;
}

const OUTAGES: readonly Often[] = [
  { times: 60, least: 1, most: 5 },
  { times: 40, least: 5, most: 15 },
  { times: 20, least: 15, most: 27 },
  { times: 10, least: 27, most: HOUR },
  { times: 5, least: HOUR, most: 6 * HOUR },
  { times: 1, least: 6 * HOUR, most: 24 * HOUR },
];

/** What happens in a year of hard faults. */
export const HARD_YEAR = {
  outages: OUTAGES,
  /** They ask to wait for up to an hour, even if they end earlier. */
  rateLimits: { times: 24, least: 1, most: 30 },
  slow: { times: 24, least: 5, most: 2 * HOUR },
  /** For each service. */
  aws: { times: 20, least: 1, most: 45 },
  scheduleOff: { times: 6, least: 5, most: 30 },
  revocations: 24,
  rotations: 12,
  rates: {
    lostEvents: 0.005,
    doubledEvents: 0.01,
    delayedEvents: 0.01,
    killedRuns: 0.005,
    coldStarts: 0.05,
    // So that two containers differ by up to a minute.
    clockError: 30,
  },
} as const;

export function hardFaults(seed: number, from: number, until: number): Faults {
  const random = createRandom(seed);
  const year = (until - from) / (365 * DAY_MS);
  const instants = (times: number): number[] =>
    Array.from(
      { length: Math.round(times * year) },
      () => from + DAY_MS / 4 + random() * (until - from - DAY_MS),
    );
  const spells = <Value>(
    { times, least, most }: Often,
    build: (begins: number, minutes: number) => Value,
  ): Value[] => instants(times).map((begins) => build(begins, least + random() * (most - least)));
  const during = (begins: number, minutes: number) => ({ from: begins, until: begins + minutes * MINUTE_MS });
  return {
    incidents: [
      ...HARD_YEAR.outages.flatMap((often) =>
        spells(often, (begins, minutes) => outage(random, begins, minutes)),
      ),
      ...spells(
        HARD_YEAR.rateLimits,
        (begins, minutes): Incident => ({
          ...{ kind: 'endpoint rate-limited', share: 0.5 + random() / 2, ...during(begins, minutes) },
          retryAfter: 1 + Math.floor(random() * 3_600),
        }),
      ),
      ...spells(
        HARD_YEAR.slow,
        (begins, minutes): Incident => ({
          ...{ kind: 'endpoint slow', share: random(), ...during(begins, minutes) },
        }),
      ),
      ...AWS_SERVICES.flatMap((service) =>
        spells(
          HARD_YEAR.aws,
          (begins, minutes): Incident => ({
            kind: `${service} ${oneOf(random, AWS_FAULT_KINDS)}`,
            ...{ share: 0.3 + 0.7 * random(), ...during(begins, minutes) },
          }),
        ),
      ),
      ...spells(
        HARD_YEAR.scheduleOff,
        (begins, minutes): Incident => ({
          ...{ kind: 'schedule off', share: 1, ...during(begins, minutes) },
        }),
      ),
    ],
    rotations: instants(HARD_YEAR.rotations)
      .toSorted((one, other) => one - other)
      .map((at) => rotation(random, at)),
    revocations: instants(HARD_YEAR.revocations),
    rates: HARD_YEAR.rates,
  };
}

/** A third goes well. In another third, the endpoint knows the new secret too late. In the last, it forgets the former one too early. */
function rotation(random: () => number, at: number): Rotation {
  const order = Math.floor(random() * 3);
  const error = random() * 20 * MINUTE_MS;
  return {
    at,
    newAcceptedFrom: order === 1 ? at + error : at - MINUTE_MS,
    formerAcceptedUntil: order === 2 ? at - error / 2 : at + HOUR * MINUTE_MS,
  };
}

function oneOf<Value>(random: () => number, values: readonly Value[]): Value {
  return values[Math.floor(random() * values.length)] as Value;
}
