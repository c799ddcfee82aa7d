import type { World } from './world.ts';

/** An API that accepts a token until it ends. */
export interface Api {
  /** Whether the token is still accepted when a request arrives that is sent now. */
  accepts(token: string): Promise<boolean>;
}

/** Milliseconds that a request takes to the API. */
const TRAVEL_MS = 50;

export function createApi({ time, endpoint }: World): Api {
  let sentAt = Number.NEGATIVE_INFINITY;
  let arrival = Promise.resolve();
  return {
    async accepts(token) {
      // Requests of one instant share an event, because each event takes time.
      if (sentAt !== time.now()) {
        sentAt = time.now();
        arrival = time.sleep(TRAVEL_MS);
      }
      await arrival;
      return endpoint.endOf(token) > time.now();
    },
  };
}
