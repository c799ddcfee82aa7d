import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { expect, test } from 'vitest';
import { TokenRefresher, type TokenRefresherProps } from '../../../infra/construct/token-refresher.ts';
import { METRIC } from '../../../lambda/shared/metric-names.ts';

interface DashboardBody {
  readonly widgets: readonly { readonly type: string; readonly properties: object }[];
}

const synthesize = (props: Partial<TokenRefresherProps> = {}): Template => {
  const stack = new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Test');
  new TokenRefresher(stack, 'Refresher', {
    tokenUrl: 'https://auth.example.com/token',
    parameterName: '/app/token',
    ...props,
  });
  return Template.fromStack(stack);
};

const template = synthesize();
const alarms = Object.entries(template.findResources('AWS::CloudWatch::Alarm'));
const [dashboard] = Object.values(template.findResources('AWS::CloudWatch::Dashboard')) as [
  { Properties: { DashboardBody: { 'Fn::Join': [string, unknown[]] } } },
];
const [separator, parts] = dashboard.Properties.DashboardBody['Fn::Join'];
const { widgets } = JSON.parse(
  parts.map((part) => (typeof part === 'string' ? part : idIn(part))).join(separator),
) as DashboardBody;

/** The logical id in a reference of the template. */
function idIn(reference: unknown): string {
  const { Ref: ref, 'Fn::GetAtt': attribute } = reference as { Ref?: string; 'Fn::GetAtt'?: string[] };
  return ref ?? attribute?.[0] ?? '';
}

test('the graph of the time left shows the threshold of TokenExpiring', () => {
  const graph = widgets.find(({ properties }) =>
    JSON.stringify(properties).includes(METRIC.secondsUntilExpiry),
  );
  const [, alarm] = alarms.find(([id]) => id.includes('TokenExpiring')) ?? [];
  expect(graph?.properties).toMatchObject({
    annotations: {
      horizontal: expect.arrayContaining([
        expect.objectContaining({ value: alarm?.Properties.Threshold / 60 }),
      ]),
    },
  });
});

test('the dashboard shows every alarm, mints, failed runs, requests, durations and the last errors', () => {
  const shown = JSON.stringify(widgets);
  const metrics = [METRIC.minted, METRIC.failed, METRIC.mintAttempts, METRIC.mintDuration];
  for (const part of [...metrics, ...alarms.map(([id]) => id)]) expect(shown).toContain(part);
  expect(widgets.map(({ type }) => type)).toContain('log');
});

test('dashboard: false creates no dashboard', () => {
  synthesize({ dashboard: false }).resourceCountIs('AWS::CloudWatch::Dashboard', 0);
});
