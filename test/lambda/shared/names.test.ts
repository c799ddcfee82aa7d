import { expect, test } from 'vitest';
import { COMMAND } from '../../../lambda/shared/command-name.ts';
import { URL_SUFFIX } from '../../../lambda/shared/custom-resources.ts';
import * as metrics from '../../../lambda/shared/metric-names.ts';
import { claimParameterName } from '../../../lambda/shared/refresher-environment.ts';

test('the names that dashboards, alarms and deployed functions use stay the same', () => {
  expect(metrics).toMatchObject({
    METRICS_NAMESPACE: 'TokenRefresher',
    METRICS_SERVICE: 'token-refresher',
    SERVICE_DIMENSION: 'service',
    PARAMETER_DIMENSION: 'parameter',
    CODE_DIMENSION: 'code',
  });
  expect(URL_SUFFIX).toBe('URL_SUFFIX');
  expect(claimParameterName('/a/b')).toBe('/a/b.claim');
});

test('the CLI of a clone is an npm script', () => {
  expect(COMMAND).toBe('npm run token-refresher --');
});
