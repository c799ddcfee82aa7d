import { App, Duration, Stack } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { TokenRefresher } from '../../../infra/construct/token-refresher.ts';
import { METRIC } from '../../../lambda/shared/metric-names.ts';

const stack = new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Test');
const refresher = new TokenRefresher(stack, 'Refresher', {
  tokenUrl: 'https://auth.example.com/token',
  parameterName: '/app/token',
});
const dimensions = { service: 'token-refresher', parameter: '/app/token' };

describe('the metric methods of the construct', () => {
  test('cover every metric that the refresher emits, with a statistic that suits it', () => {
    const metrics = [
      refresher.metricSecondsUntilExpiry(),
      refresher.metricMinted(),
      refresher.metricKept(),
      refresher.metricSameToken(),
      refresher.metricFailed('RATE_LIMITED'),
      refresher.metricMintAttempts(),
      refresher.metricMintDuration(),
      refresher.metricPreviousCredentialsUsed(),
      refresher.metricLifetimeTooShort(),
    ];
    expect(metrics.map(({ metricName, statistic }) => [metricName, statistic])).toEqual([
      [METRIC.secondsUntilExpiry, 'Minimum'],
      [METRIC.minted, 'Sum'],
      [METRIC.kept, 'Sum'],
      [METRIC.sameToken, 'Sum'],
      [METRIC.failed, 'Sum'],
      [METRIC.mintAttempts, 'Maximum'],
      [METRIC.mintDuration, 'Maximum'],
      [METRIC.previousCredentialsUsed, 'Sum'],
      [METRIC.lifetimeTooShort, 'Sum'],
    ]);
    expect(metrics).toHaveLength(Object.keys(METRIC).length);
  });

  test('return the metric of this parameter, and of this code for failed runs', () => {
    expect(refresher.metricMinted().toMetricConfig().metricStat).toMatchObject({
      namespace: 'TokenRefresher',
      dimensions: Object.entries(dimensions)
        .map(([name, value]) => ({ name, value }))
        .sort((a, b) => a.name.localeCompare(b.name)),
    });
    expect(refresher.metricFailed('RATE_LIMITED').dimensions).toEqual({
      ...dimensions,
      code: 'RATE_LIMITED',
    });
  });

  test('apply the options of the caller', () => {
    const metric = refresher.metric(METRIC.minted, { statistic: 'Maximum', period: Duration.hours(1) });
    expect([metric.statistic, metric.period.toMinutes()]).toEqual(['Maximum', 60]);
  });
});
