import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { TokenRefresher } from '../infra/construct/token-refresher.ts';
import { SANDBOX } from '../local/synthesize.ts';
import { table } from './markdown-table.ts';

interface Statement {
  readonly Effect: string;
  readonly Principal?: Readonly<Record<string, unknown>>;
  readonly Action: unknown;
  readonly Resource?: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}
type Resources = Readonly<Record<string, { Type: string; Properties: Record<string, unknown> }>>;

/**
 * Renders every policy statement of the shipped stack as Markdown tables, together with those of a role that may read the
 * token and a role that may report it.
 */
export function renderPermissions(): string {
  const resources = shippedResources();
  return [
    table(['role', 'may', 'on', 'only if'], identityStatements(resources)),
    table(['role', 'may be assumed by', 'only if'], trustStatements(resources)),
    table(['resource', 'effect', 'principal', 'actions', 'only if'], resourceStatements(resources)),
  ].join('\n\n');
}

function identityStatements(resources: Resources): string[][] {
  const rows = statementsIn(resources, 'AWS::IAM::Policy', 'PolicyDocument').map(
    ({ properties, statement }) => [
      list(properties.Roles).map(show).join(', '),
      actions(statement),
      list(statement.Resource).map(show).join(', '),
      conditions(statement),
    ],
  );
  return rows.toSorted((a, b) => (a.join() < b.join() ? -1 : 1));
}

function trustStatements(resources: Resources): string[][] {
  return statementsIn(resources, 'AWS::IAM::Role', 'AssumeRolePolicyDocument').map(({ id, statement }) => [
    show({ Ref: id }),
    principals(statement),
    conditions(statement),
  ]);
}

function resourceStatements(resources: Resources): string[][] {
  const row = (resource: unknown, statement: Statement) => [
    show(resource),
    statement.Effect.toLowerCase(),
    principals(statement),
    actions(statement),
    conditions(statement),
  ];
  const keys = statementsIn(resources, 'AWS::KMS::Key', 'KeyPolicy');
  const queues = statementsIn(resources, 'AWS::SQS::QueuePolicy', 'PolicyDocument');
  return [
    ...keys.map(({ id, statement }) => row({ Ref: id }, statement)),
    ...queues.map(({ properties, statement }) => row(list(properties.Queues)[0], statement)),
  ];
}

function statementsIn(resources: Resources, type: string, policy: string) {
  return Object.entries(resources)
    .filter(([, { Type }]) => Type === type)
    .flatMap(([id, { Properties: properties }]) => {
      const { Statement: statements } = properties[policy] as { Statement: readonly Statement[] };
      return statements.map((statement) => ({ id, properties, statement }));
    });
}

function shippedResources(): Resources {
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

const OPERATORS: Readonly<Record<string, string>> = { ArnLike: 'like', Bool: 'is', StringEquals: 'is' };

function conditions({ Condition = {} }: Statement): string {
  return Object.entries(Condition)
    .flatMap(([operator, keys]) =>
      Object.entries(keys).map(([key, values]) => {
        const word = OPERATORS[operator];
        if (word === undefined) throw new Error(`no word for the condition operator ${operator}`);
        return `\`${key}\` ${word} ${[...new Set(list(values).map(show))].join(' or ')}`;
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

/** Renders a value of the template as code, with construct names in angle brackets for what CloudFormation fills in. */
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
