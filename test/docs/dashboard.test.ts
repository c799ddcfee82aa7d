import { readFile } from 'node:fs/promises';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { expect, test } from 'vitest';
import { readDefinition } from '../../docs/dashboard/definition.ts';
import { drawDashboard } from '../../docs/dashboard/picture.ts';
import { TokenRefresher } from '../../infra/construct/token-refresher.ts';
import { METRIC } from '../../lambda/shared/metric-names.ts';

const { body, alarms } = readDefinition();

test('the picture of the dashboard is what npm run docs:dashboard draws', async () => {
  const picture = await readFile(new URL('../../docs/dashboard.svg', import.meta.url), 'utf8');
  expect(picture === drawDashboard()).toBe(true);
});

test('the dashboard draws the time left with the threshold of the alarm', () => {
  const graph = body.widgets.find(({ properties }) =>
    JSON.stringify(properties).includes(METRIC.secondsUntilExpiry),
  );
  const [, threshold] = Object.entries(alarms).find(([id]) => id.includes('TokenExpiring')) ?? [];
  expect(graph?.properties).toMatchObject({
    annotations: {
      horizontal: expect.arrayContaining([
        expect.objectContaining({ value: (threshold?.Threshold ?? 0) / 60 }),
      ]),
    },
  });
});

test('the dashboard shows every alarm, and mints, failures, requests, durations and the last errors', () => {
  const shown = JSON.stringify(body.widgets);
  const metrics = [METRIC.minted, METRIC.failed, METRIC.mintAttempts, METRIC.mintDuration];
  for (const part of [...metrics, ...Object.keys(alarms)]) expect(shown).toContain(part);
  expect(body.widgets.map(({ type }) => type)).toContain('log');
});

test('there is no dashboard where none is wanted', () => {
  const stack = new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Test');
  const required = { tokenUrl: 'https://auth.example.com/token', parameterName: '/app/token' };
  new TokenRefresher(stack, 'Refresher', { ...required, dashboard: false });
  Template.fromStack(stack).resourceCountIs('AWS::CloudWatch::Dashboard', 0);
});
