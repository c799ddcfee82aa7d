import { expect, test } from 'vitest';
import type { RunObservations } from '../../../lambda/refresher/refresh.ts';
import { logFailure, logResult, type TelemetryTools } from '../../../lambda/refresher/telemetry.ts';
import { RefreshError } from '../../../lambda/shared/refresh-error.ts';
import type { RefreshResult } from '../../../lambda/shared/refresh-result.ts';

const NOW = 1_800_000_000;
const policy = { checkEvery: 300, refreshBefore: 1_800, revokesFormerToken: false };
const result: RefreshResult = {
  outcome: 'kept',
  reason: 'already-replaced',
  expires_at: NOW + 3_600,
  parameter_version: 2,
};

/** Telemetry that keeps what it logs. */
function recorder() {
  const fields: object[] = [];
  const warnings: string[] = [];
  const singleMetric = () => ({ addDimension: () => undefined, addMetric: () => undefined });
  const tools = {
    logger: {
      info: (_: string, more: object) => fields.push(more),
      error: (_: string, more: object) => fields.push(more),
      warn: (text: string) => warnings.push(text),
    },
    metrics: { addMetric: () => undefined, singleMetric },
  } as unknown as TelemetryTools;
  return { tools, fields, warnings };
}
const observed = (more: Partial<RunObservations>): RunObservations => ({
  attempts: 0,
  previousCredentialsUsed: false,
  isLifetimeBounded: false,
  ...more,
});

test.for<[string, Partial<RunObservations>, boolean, readonly RegExp[], object]>([
  ['nothing else', {}, false, [], {}],
  [
    'that Secrets Manager did not answer',
    { credentialsRemembered: true },
    false,
    [/^Secrets Manager did not answer\./],
    { remembered_credentials_used: true },
  ],
  [
    'that the endpoint revoked the former token',
    { formerTokenRevoked: true },
    false,
    [/set revokesFormerToken to true/],
    { former_token_revoked: true },
  ],
  [
    'that the endpoint revoked the former token, as the settings say',
    { formerTokenRevoked: true },
    true,
    [],
    { former_token_revoked: true },
  ],
  [
    'that the current credentials were rejected',
    { previousCredentialsUsed: true },
    false,
    [/^The token endpoint rejected the current credentials\./],
    { previous_credentials_used: true },
  ],
])('a run that notes %s warns of it', ([, observations, revokesFormerToken, expected, fields]) => {
  const log = recorder();
  logResult(log.tools, { ...policy, revokesFormerToken }, result, observed(observations), NOW * 1_000);
  expect(log.warnings).toEqual(expected.map((text) => expect.stringMatching(text)));
  const always = { ...result, seconds_left: 3_600, attempts: 0 };
  expect(log.fields).toEqual([{ ...always, ...fields }]);
});

test('a failed run says that it used remembered credentials', () => {
  const log = recorder();
  const error = new RefreshError('CLIENT_REJECTED', 'why');
  logFailure(log.tools, error, observed({ credentialsRemembered: true }), NOW * 1_000);
  expect(log.fields).toMatchObject([{ code: 'CLIENT_REJECTED', remembered_credentials_used: true }]);
});
