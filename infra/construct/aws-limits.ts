import { CfnOutput, CfnResource, Stack } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { resourceTagProblems } from './tag-limits.ts';

interface Limit {
  /** The resource type, or `Output`. */
  readonly type: string;
  /** The property as CDK spells it, or the path of a part of it. */
  readonly property: string;
  readonly most: number;
  readonly unit: 'characters' | 'bytes';
  /** What the user can change. */
  readonly remedy: string;
}

const characters = (type: string, property: string, most: number, remedy: string): Limit => ({
  type,
  property,
  most,
  unit: 'characters',
  remedy,
});
const bytes = (type: string, property: string, most: number, remedy: string): Limit => ({
  ...characters(type, property, most, remedy),
  unit: 'bytes',
});

const NAME = 'Shorten parameterName.';
const SHORT_ID = 'Shorten this text, or the ids of the stack and the construct.';

type Values = Readonly<Record<string, unknown>>;

export const LIMITS: readonly Limit[] = [
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
  characters('AWS::CloudWatch::Alarm', 'alarmDescription', 1024, NAME),
  characters('AWS::CloudWatch::Alarm', 'alarmName', 255, SHORT_ID),
  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html
  characters('AWS::CloudWatch::Dashboard', 'dashboardName', 255, SHORT_ID),
  // https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
  characters('AWS::IAM::Role', 'description', 1000, SHORT_ID),
  characters('AWS::IAM::Role', 'roleName', 64, SHORT_ID),
  // https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html
  characters('AWS::KMS::Key', 'description', 8192, NAME),
  bytes('AWS::KMS::Key', 'keyPolicy', 32_768, 'Name fewer readers: "*" in an ARN matches several roles.'),
  // https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html
  characters('AWS::Lambda::Function', 'description', 256, SHORT_ID),
  characters('AWS::Lambda::Function', 'functionName', 64, SHORT_ID),
  // https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html (all variables together, as JSON)
  bytes(
    'AWS::Lambda::Function',
    'environment.variables',
    4096,
    'Shorten tokenUrl, scope, extraParameters, environment or the tags.',
  ),
  // https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
  characters('AWS::Scheduler::Schedule', 'description', 512, SHORT_ID),
  characters('AWS::Scheduler::Schedule', 'name', 64, SHORT_ID),
  // https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateScheduleGroup.html
  characters('AWS::Scheduler::ScheduleGroup', 'name', 64, SHORT_ID),
  // https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
  characters('AWS::SecretsManager::Secret', 'description', 2048, SHORT_ID),
  characters('AWS::SecretsManager::Secret', 'name', 512, SHORT_ID),
  // https://docs.aws.amazon.com/sns/latest/api/API_SetTopicAttributes.html
  characters('AWS::SNS::Topic', 'displayName', 100, SHORT_ID),
  // https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
  characters('AWS::SSM::Parameter', 'description', 1024, NAME),
  // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/outputs-section-structure.html
  bytes('Output', 'description', 1024, SHORT_ID),
];

/**
 * What in the scope exceeds a limit of AWS and would fail the deployment. Values that only CloudFormation knows count as
 * empty, so synth refuses nothing that AWS would accept.
 */
export function limitProblems(scope: IConstruct): string[] {
  return scope.node.findAll().flatMap((construct) => {
    if (construct instanceof CfnOutput) return problemsOf(construct, 'Output');
    if (!CfnResource.isCfnResource(construct)) return [];
    return [...problemsOf(construct, construct.cfnResourceType), ...tagProblems(construct)];
  });
}

function problemsOf(construct: CfnResource | CfnOutput, type: string): string[] {
  return LIMITS.filter((limit) => limit.type === type).flatMap(({ property, most, unit, remedy }) => {
    const [name = '', ...path] = property.split('.');
    const value = Stack.of(construct).resolve((construct as unknown as Values)[name]);
    const text = knownText(path.reduce<unknown>((part, key) => (part as Values | undefined)?.[key], value));
    const found = unit === 'bytes' ? Buffer.byteLength(text) : [...text].length;
    return found <= most ? [] : [problem(construct, property, `has ${found} ${unit}`, `${most}`, remedy)];
  });
}

function tagProblems(resource: CfnResource): string[] {
  const known = (value: string) => knownText(Stack.of(resource).resolve(value));
  return resourceTagProblems(resource, known).map((text) => `${resource.node.path}: ${text}`);
}

function problem(construct: IConstruct, what: string, found: string, most: string, remedy: string): string {
  return `${construct.node.path}: ${what} ${found}, AWS allows ${most}. ${remedy}`;
}

/** The known part of a text, or of an object as JSON. */
function knownText(value: unknown): string {
  if (value === undefined) return '';
  const known = withoutFunctions(value);
  return typeof known === 'string' ? known : JSON.stringify(known);
}

function withoutFunctions(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutFunctions);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [name = '', argument] = entries[0] ?? [];
  if (entries.length === 1 && name === 'Fn::Join') {
    const [separator, parts] = argument as [string, unknown[]];
    return parts.map((part) => withoutFunctions(part)).join(separator);
  }
  if (entries.length === 1 && (name === 'Ref' || name.startsWith('Fn::'))) return '';
  return Object.fromEntries(entries.map(([key, inner]) => [key, withoutFunctions(inner)]));
}
