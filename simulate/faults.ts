/** What fails for some time. Times are Unix times in milliseconds. */
export interface Incident {
  readonly kind: IncidentKind;
  readonly from: number;
  readonly until: number;
  /** The share of the calls that fail, from 0 to 1. */
  readonly share: number;
  /** Seconds that a rate limit asks to wait, if it does. */
  readonly retryAfter?: number;
}

/** How an endpoint can fail. `rate-limited` may come with `Retry-After`. */
export const OUTAGE_KINDS = ['refused', 'failing', 'hanging', 'rate-limited'] as const;
export type OutageKind = (typeof OUTAGE_KINDS)[number];

/** How a call to AWS can fail. */
export const AWS_FAULT_KINDS = ['throttled', 'failing', 'hanging'] as const;
export type AwsFaultKind = (typeof AWS_FAULT_KINDS)[number];

/** A fault of KMS shows as a failure of the calls that encrypt or decrypt. */
export const AWS_SERVICES = ['parameter-store', 'secrets-manager', 'kms'] as const;
export type AwsService = (typeof AWS_SERVICES)[number];

export type IncidentKind =
  | `endpoint ${OutageKind | 'slow'}`
  | `${AwsService} ${AwsFaultKind}`
  /** EventBridge Scheduler sends no event. */
  | 'schedule off';

/** The secret's value changes at `at`. The endpoint accepts the new one and the former one for some time. */
export interface Rotation {
  readonly at: number;
  readonly newAcceptedFrom: number;
  readonly formerAcceptedUntil: number;
}

/** How often something goes wrong with a single event, run or container, from 0 to 1. */
export interface Rates {
  readonly lostEvents: number;
  readonly doubledEvents: number;
  /** Events that arrive up to ten minutes late. Later ones overtake them. */
  readonly delayedEvents: number;
  readonly killedRuns: number;
  /** Runs in a new container although a warm one is free. */
  readonly coldStarts: number;
  /** Most seconds by which the clock of a container is wrong. */
  readonly clockError: number;
}

/** Everything that goes wrong in a simulation. All strategies meet the same. */
export interface Faults {
  readonly incidents: readonly Incident[];
  readonly rotations: readonly Rotation[];
  /** Instants at which the endpoint revokes all tokens. */
  readonly revocations: readonly number[];
  readonly rates: Rates;
}

export const isOutage = ({ kind }: Incident): boolean =>
  OUTAGE_KINDS.some((outage) => kind === `endpoint ${outage}`);

const HOUR_MS = 3_600_000;

/** Finds the incidents at an instant. */
export function indexIncidents(incidents: readonly Incident[]): (now: number) => readonly Incident[] {
  const byHour = new Map<number, Incident[]>();
  for (const incident of incidents) {
    for (let hour = Math.floor(incident.from / HOUR_MS); hour * HOUR_MS < incident.until; hour += 1) {
      const others = byHour.get(hour) ?? [];
      byHour.set(hour, [...others, incident]);
    }
  }
  const none: readonly Incident[] = [];
  return (now) => {
    const near = byHour.get(Math.floor(now / HOUR_MS));
    return near === undefined ? none : near.filter(({ from, until }) => from <= now && now < until);
  };
}
