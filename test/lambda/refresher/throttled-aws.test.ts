import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AwsCall } from '../../../local/embedded-cloud/endpoint.ts';
import { credentials, newClientSecret, startRefresher, type TestRefresher } from '../../support/refresher.ts';
import { grant } from '../../support/token-endpoint.ts';

describe('if AWS throttles,', () => {
  let refresher: TestRefresher;

  beforeEach(async () => {
    refresher = await startRefresher();
    await refresher.putSecret(credentials(newClientSecret()));
    refresher.endpoint.answer(grant('granted'));
  });
  afterEach(() => refresher.close());

  /** Calls of the token's parameter, not of its claim. */
  const isOf = (operation: string, call: AwsCall) =>
    call.operation === operation && call.input.Name === refresher.parameterName;
  const throttle = (operation: string, times: number) => {
    let left = times;
    refresher.cloud.intercept((call) => {
      if (!isOf(operation, call) || left === 0) return undefined;
      left -= 1;
      return { status: 400, type: 'ThrottlingException', message: 'Rate exceeded' };
    });
  };
  const attempts = (operation: string) =>
    refresher.cloud.calls.filter((call) => isOf(operation, call)).length;

  test('a minted token is stored at the last of four attempts in the same run', async () => {
    throttle('PutParameter', 3);
    expect(await refresher.invoke()).toMatchObject({ ok: true, result: { outcome: 'minted' } });
    expect(attempts('PutParameter')).toBe(4);
    expect(refresher.endpoint.requests).toHaveLength(1);
  });

  test('a write fails after four attempts, and a read after three', async () => {
    throttle('PutParameter', Number.POSITIVE_INFINITY);
    expect(await refresher.invoke()).toMatchObject({
      ok: false,
      errorMessage: expect.stringMatching(/^STORE_UNAVAILABLE/),
    });
    expect(attempts('PutParameter')).toBe(4);
    const before = attempts('GetParameter');
    throttle('GetParameter', Number.POSITIVE_INFINITY);
    expect(await refresher.invoke()).toMatchObject({ ok: false });
    expect(attempts('GetParameter') - before).toBe(3);
  });
});
