import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { TokenRefresher } from '../infra/construct/token-refresher.ts';
import { SANDBOX } from '../local/synthesize.ts';

interface Statement {
  readonly Effect: string;
  readonly Principal?: Readonly<Record<string, unknown>>;
  readonly Action: unknown;
  readonly Resource?: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}
type Resource = readonly [id: string, Readonly<Record<string, unknown>>];

/** Every statement of a refresher with the shipped settings, with a role that may read and one that may report, as Markdown tables. */
export function renderPermissions(): string {
  const resources = shippedResources();
  const ofType = (type: string): Resource[] =>
    Object.entries(resources)
      .filter(([, { Type }]) => Type === type)
      .map(([id, { Properties }]) => [id, Properties]);
  const statementsOf = (document: unknown) => (document as { Statement: readonly Statement[] }).Statement;

  const identity = ofType('AWS::IAM::Policy').flatMap(([, { Roles, PolicyDocument }]) =>
    statementsOf(PolicyDocument).map((statement) => [
      (Roles as unknown[]).map(show).join(', '),
      actions(statement),
      list(statement.Resource).map(show).join(', '),
      conditions(statement),
    ]),
  );
  const trust = ofType('AWS::IAM::Role').flatMap(([id, { AssumeRolePolicyDocument }]) =>
    statementsOf(AssumeRolePolicyDocument).map((statement) => [
      show({ Ref: id }),
      principals(statement),
      conditions(statement),
    ]),
  );
  const ofResource = (on: unknown, document: unknown) =>
    statementsOf(document).map((statement) => [
      show(on),
      statement.Effect.toLowerCase(),
      principals(statement),
      actions(statement),
      conditions(statement),
    ]);
  const keys = ofType('AWS::KMS::Key').flatMap(([id, { KeyPolicy }]) => ofResource({ Ref: id }, KeyPolicy));
  const queues = ofType('AWS::SQS::QueuePolicy').flatMap(([, { Queues, PolicyDocument }]) =>
    ofResource(list(Queues)[0], PolicyDocument),
  );
  return [
    table(['role', 'may', 'on', 'only where'], sorted(identity)),
    table(['role', 'may be assumed by', 'only where'], sorted(trust)),
    table(['resource', '', 'whom', 'what', 'only where'], [...keys, ...queues]),
  ].join('\n\n');
}

function shippedResources(): Record<string, { Type: string; Properties: Record<string, unknown> }> {
  const stack = new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Shipped');
  const refresher = new TokenRefresher(stack, 'Refresher', SANDBOX);
  const assumedBy = new ServicePrincipal('lambda.amazonaws.com');
  refresher.grantRead(new Role(stack, 'Reader', { assumedBy }));
  refresher.grantReport(new Role(stack, 'Reporter', { assumedBy }));
  return Template.fromStack(stack).toJSON().Resources;
}

function actions({ Action }: Statement): string {
  return list(Action).map(show).join('<br>');
}

function principals({ Principal = {} }: Statement): string {
  return Object.values(Principal).flatMap(list).map(show).join(', ');
}

/** Operators by the words for them: all of a statement have to hold. */
const OPERATORS: Readonly<Record<string, string>> = { ArnLike: 'like', Bool: 'is', StringEquals: 'is' };

function conditions({ Condition = {} }: Statement): string {
  return Object.entries(Condition)
    .flatMap(([operator, keys]) =>
      Object.entries(keys).map(([key, values]) => {
        const word = OPERATORS[operator];
        if (word === undefined) throw new Error(`no word for the condition operator ${operator}`);
        return `\`${key}\` ${word} ${list(values).map(show).join(' or ')}`;
      }),
    )
    .join('<br>');
}

const PSEUDO_PARAMETERS: Readonly<Record<string, string>> = {
  'AWS::AccountId': '<account>',
  'AWS::Partition': 'aws',
  'AWS::Region': '<region>',
  'AWS::URLSuffix': 'amazonaws.com',
};

/** A value of the template as code. What CloudFormation fills in stands in angle brackets, by its construct's name. */
function show(value: unknown): string {
  const text = (part: unknown): string => {
    if (typeof part === 'string') return part;
    const {
      Ref: ref,
      'Fn::GetAtt': attribute,
      'Fn::Join': join,
    } = part as Record<string, unknown[] | string>;
    if (join !== undefined) return (join[1] as unknown as unknown[]).map(text).join('');
    const id = String(attribute?.[0] ?? ref);
    return PSEUDO_PARAMETERS[id] ?? `<${id.replace(/^Refresher(?=[A-Z])/, '').replace(/[0-9A-F]{8}$/, '')}>`;
  };
  return `\`${text(value)}\``;
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}

function sorted(rows: string[][]): string[][] {
  return rows.toSorted((a, b) => (a.join() < b.join() ? -1 : 1));
}

function table(header: string[], rows: string[][]): string {
  return [header, header.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
