import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import cdkJson from '../../cdk.json' with { type: 'json' };
import { readSettings } from '../../infra/settings.ts';
import { RefresherStack } from '../../infra/stack.ts';
import type { AlarmProperties } from '../../test/support/cloudwatch-alarm.ts';

/** A dashboard's body, as far as it is drawn. Source: CloudWatch API Reference, Dashboard Body Structure and Syntax. */
export interface DashboardBody {
  readonly widgets: readonly Widget[];
}

interface Place {
  /** In units of the grid, which is 24 wide. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export type Widget = Place &
  (
    | { readonly type: 'text'; readonly properties: { readonly markdown: string } }
    | {
        readonly type: 'alarm';
        readonly properties: { readonly title: string; readonly alarms: readonly string[] };
      }
    | { readonly type: 'log'; readonly properties: { readonly title: string; readonly query: string } }
    | { readonly type: 'metric'; readonly properties: GraphProperties }
  );

export interface GraphProperties {
  readonly title: string;
  readonly stacked?: boolean;
  readonly metrics: readonly (readonly (string | MetricOptions)[])[];
  readonly annotations?: {
    readonly horizontal: readonly {
      readonly value: number;
      readonly label: string;
      readonly color: string;
    }[];
  };
}

export interface MetricOptions {
  readonly id?: string;
  readonly expression?: string;
  readonly label?: string;
  readonly color?: string;
  readonly stat?: 'Minimum' | 'Maximum' | 'Sum';
  readonly period: number;
  readonly visible?: boolean;
}

/** What the stack of cdk.json's refresher says of its dashboard and of the alarms on it, by their logical ids. */
export function readDefinition(): {
  readonly body: DashboardBody;
  readonly alarms: Readonly<Record<string, AlarmProperties>>;
} {
  const [entry] = readSettings(cdkJson.context);
  if (entry === undefined) throw new Error('cdk.json has no refresher');
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
  const template = Template.fromStack(new RefresherStack(app, `TokenRefresher-${entry[0]}`, entry[1]));
  const [dashboard] = Object.values(template.findResources('AWS::CloudWatch::Dashboard'));
  const alarms = Object.entries(template.findResources('AWS::CloudWatch::Alarm'));
  return {
    body: JSON.parse(join(dashboard?.Properties.DashboardBody)) as DashboardBody,
    alarms: Object.fromEntries(alarms.map(([id, { Properties }]) => [id, Properties as AlarmProperties])),
  };
}

/** The text of an `Fn::Join`, with the logical id in place of each reference. */
function join(text: { readonly 'Fn::Join': readonly [string, readonly unknown[]] }): string {
  const [separator, parts] = text['Fn::Join'];
  return parts
    .map((part) => {
      if (typeof part === 'string') return part;
      const { Ref: ref, 'Fn::GetAtt': attribute } = part as {
        Ref?: string;
        'Fn::GetAtt'?: readonly string[];
      };
      return ref ?? attribute?.[0] ?? '';
    })
    .join(separator);
}
