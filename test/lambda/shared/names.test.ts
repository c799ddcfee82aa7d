import { expect, test } from 'vitest';
import { COMMAND } from '../../../lambda/shared/command-name.ts';
import { CUSTOM_RESOURCE, URL_SUFFIX } from '../../../lambda/shared/custom-resources.ts';
import * as metrics from '../../../lambda/shared/metric-names.ts';
import { claimParameterName, ENVIRONMENT } from '../../../lambda/shared/refresher-environment.ts';
import { PRIVATE_CA_PAGE } from '../../../lambda/shared/untrusted-certificate.ts';

test('the names that dashboards, alarms and deployed functions use stay the same', () => {
  expect(metrics).toMatchObject({
    METRICS_NAMESPACE: 'TokenRefresher',
    METRICS_SERVICE: 'token-refresher',
    SERVICE_DIMENSION: 'service',
    PARAMETER_DIMENSION: 'parameter',
    CODE_DIMENSION: 'code',
    METRIC: {
      secondsUntilExpiry: 'SecondsUntilExpiry',
      minted: 'Minted',
      kept: 'Kept',
      sameToken: 'SameToken',
      failed: 'Failed',
      mintAttempts: 'MintAttempts',
      mintDuration: 'MintDuration',
      previousCredentialsUsed: 'PreviousCredentialsUsed',
      lifetimeTooShort: 'LifetimeTooShort',
    },
  });
  expect(ENVIRONMENT).toEqual({
    tokenUrl: 'TOKEN_URL',
    credentialsSecretId: 'CREDENTIALS_SECRET_ID',
    credentialFields: 'CREDENTIAL_FIELDS',
    parameterName: 'TOKEN_PARAMETER_NAME',
    parameterKeyId: 'TOKEN_PARAMETER_KEY_ID',
    parameterTier: 'TOKEN_PARAMETER_TIER',
    parameterTags: 'TOKEN_PARAMETER_TAGS',
    scope: 'TOKEN_SCOPE',
    extraParameters: 'TOKEN_EXTRA_PARAMETERS',
    clientAuthentication: 'CLIENT_AUTHENTICATION',
    defaultLifetime: 'DEFAULT_LIFETIME_SECONDS',
    revokesFormerToken: 'REVOKES_FORMER_TOKEN',
    checkEvery: 'CHECK_EVERY_SECONDS',
    refreshBefore: 'REFRESH_BEFORE_SECONDS',
  });
  expect(CUSTOM_RESOURCE).toEqual({ firstToken: 'Custom::FirstToken', tokenRemoval: 'Custom::TokenRemoval' });
  expect(URL_SUFFIX).toBe('URL_SUFFIX');
  expect(claimParameterName('/a/b')).toBe('/a/b.claim');
});

test('the CLI of a clone is an npm script', () => {
  expect(COMMAND).toBe('npm run token-refresher --');
});

test('messages about a private CA name a page of the documentation', () => {
  expect(PRIVATE_CA_PAGE).toMatch(/^docs\/governed-accounts\.md#/);
});
