import { expect, test } from 'vitest';
import { type RevokingFleet, simulateRevocations } from '../../support/revoking-fleet.ts';

/** A fleet of a thousand readers is in test/slow/reader-fleet.test.ts. */
const FLEETS: readonly (RevokingFleet & { readonly most: number })[] = [
  { method: 'get', readers: 1, every: 1, hours: 2, most: 0.001 },
  { method: 'get', readers: 20, every: 10, hours: 2, most: 0.001 },
  { method: 'get', readers: 20, every: 600, hours: 12, most: 0.001 },
  { method: 'get', readers: 200, every: 20, hours: 1, most: 0.001 },
  { method: 'get', readers: 20, every: 10, hours: 2, late: [60, 70], most: 0.02 },
  { method: 'fetch', readers: 20, every: 10, hours: 2, most: 0 },
  { method: 'fetch', readers: 20, every: 10, hours: 2, late: [60, 70], most: 0 },
  { method: 'fetch', readers: 20, every: 10, hours: 2, saysWhen: false, most: 0 },
];

test.for(FLEETS)(
  'if each mint revokes the former token, few calls get a revoked one: %j',
  async ({ most, ...fleet }) => {
    const seen = await simulateRevocations(fleet);
    expect(seen.calls).toBeGreaterThan(1_000);
    expect(seen.share).toBeLessThanOrEqual(most);
    expect(seen.longest).toBeLessThanOrEqual(6_000);
  },
);
