import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { codeOf } from '../../../lambda/shared/refresh-error.ts';
import type { InvocationResult } from '../../../local/function-runtime.ts';
import { confidential } from '../../support/confidential.ts';
import { credentials, newClientSecret, startRefresher, type TestRefresher } from '../../support/refresher.ts';
import { REFUSALS_OF_REQUEST, REFUSALS_OF_SECRET, type Refusal } from '../../support/refusals.ts';
import { type Answer, grant, type PlainAnswer } from '../../support/token-endpoint.ts';

/** The function keeps its memory from one case to the next, as a warm container does. */
let refresher: TestRefresher;

beforeAll(async () => {
  refresher = await startRefresher();
});
afterAll(() => refresher.close());

/** The server knows one secret and rejects every other one in its own way. */
const accept = (secret: string, { answer }: Refusal): void => {
  const token = confidential(`granted/${randomUUID()}`);
  refresher.endpoint.answer(({ body }): Answer => {
    const isKnown = new URLSearchParams(body).get('client_secret') === secret;
    return isKnown ? grant(token) : echoing(answer, body);
  });
  refresher.endpoint.forgetRequests();
};

/** Adds what a debugging proxy may: the request in a field that no message may show. */
const echoing = (answer: PlainAnswer, form: string): PlainAnswer =>
  typeof answer.body === 'object' ? { ...answer, body: { ...answer.body, error_description: form } } : answer;

const storeNewSecret = async (): Promise<string> => {
  const secret = newClientSecret();
  await refresher.putSecret(credentials(secret));
  return secret;
};

/** Forces a run, and returns its outcome and what it wrote. */
const run = async () => {
  const from = refresher.fn.output.length;
  const answered: InvocationResult = await refresher.invoke({ force: true });
  return {
    outcome: answered.ok ? 'minted' : codeOf(answered.errorMessage),
    message: answered.ok ? '' : answered.errorMessage,
    usedPrevious: refresher.fn.output.slice(from).join().includes('"PreviousCredentialsUsed":1'),
    requests: refresher.endpoint.requests.length,
  };
};

describe.for(REFUSALS_OF_SECRET)('if the server rejects a wrong secret with $kind,', (refusal) => {
  test('a rotation that reaches the secret first leaves no gap', async () => {
    const former = await storeNewSecret();
    const next = await storeNewSecret();
    accept(former, refusal);
    expect(await run()).toMatchObject({ outcome: 'minted', usedPrevious: true, requests: 2 });
    accept(next, refusal);
    expect(await run()).toMatchObject({ outcome: 'minted', usedPrevious: false, requests: 1 });
  });

  test('a rotation that reaches the server first ends with the new secret, and keeps the stored token until then', async () => {
    const former = await storeNewSecret();
    accept(former, refusal);
    expect((await run()).outcome).toBe('minted');
    const stored = await refresher.stored();
    const next = newClientSecret();
    accept(next, refusal);
    const failed = await run();
    expect(failed).toMatchObject({ outcome: refusal.code, usedPrevious: false });
    expect(failed.message).toContain(refusal.shown);
    expect(await refresher.stored()).toEqual(stored);
    await refresher.putSecret(credentials(next));
    accept(next, refusal);
    expect(await run()).toMatchObject({ outcome: 'minted', usedPrevious: false, requests: 1 });
  });
});

test.for(REFUSALS_OF_REQUEST)(
  'if the server answers $kind, the previous secret is not tried',
  async (refusal) => {
    const former = await storeNewSecret();
    await storeNewSecret();
    accept(former, refusal);
    const failed = await run();
    expect(failed).toMatchObject({ outcome: refusal.code, usedPrevious: false, requests: 1 });
    expect(failed.message).toContain(refusal.shown);
  },
);
