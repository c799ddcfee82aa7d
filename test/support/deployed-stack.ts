import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import type { Policies, Request, Statement } from './policy-evaluation.ts';
import { isAllowed } from './policy-evaluation.ts';
import { arnOf, type Place, type Resource, type Resources, resolveFunctions } from './resolve-template.ts';

/** The policies of a deployed stack, and the ARNs of its resources. */
export interface DeployedStack {
  /** The ARN of the only resource of this type whose logical id matches. */
  arn(type: string, id?: RegExp): string;
  /** Whether AWS would allow the request. `more` are further statements of the principal's own policies. */
  allows(request: Request, more?: readonly Statement[]): boolean;
}

interface PolicyDocument {
  readonly Statement: readonly Statement[];
}

/** Policies of resources that no stack of the app owns, by the ARN of the resource. */
export type OutsidePolicies = Readonly<Record<string, readonly Statement[]>>;

/** The stacks of one app as a single one. Their logical ids must differ. */
export function deployedStacks(stacks: readonly Stack[], outside: OutsidePolicies = {}): DeployedStack {
  const templates = stacks.map((stack) => Template.fromStack(stack).toJSON());
  const imports = templates.flatMap(({ Resources, Outputs = {} }) =>
    Object.values(Outputs as Record<string, { Value: unknown; Export?: { Name: string } }>).flatMap(
      ({ Value, Export }) =>
        Export === undefined ? [] : [[Export.Name, resolveFunctions(Value, Resources)]],
    ),
  );
  const resources: Resources = Object.assign({}, ...templates.map(({ Resources }) => Resources));
  return deployedStack(resources, Object.fromEntries(imports), outside);
}

/** `imports` are the exported values of other stacks, by name. */
export function deployedStack(
  resources: Resources,
  imports: Readonly<Record<string, string>> = {},
  outside: OutsidePolicies = {},
  place?: Place,
): DeployedStack {
  const ofType = (...types: string[]) =>
    Object.entries(resources).filter(([, { Type }]) => types.includes(Type));
  const resolved = ({ Properties = {} }: Resource) =>
    resolveFunctions(Properties, resources, imports, place) as Readonly<Record<string, unknown>>;

  const identity = (principal: string): readonly Statement[] =>
    ofType('AWS::IAM::Policy')
      .map(([, policy]) => resolved(policy) as { Roles: readonly string[]; PolicyDocument: PolicyDocument })
      .filter(({ Roles }) =>
        Roles.some((id) => resources[id] !== undefined && arnOf(resources, id, place) === principal),
      )
      .flatMap(({ PolicyDocument: { Statement } }) => Statement);

  const tagsOf = (principal: string): Readonly<Record<string, string>> =>
    Object.fromEntries(
      ofType('AWS::IAM::Role')
        .filter(([id]) => arnOf(resources, id, place) === principal)
        .flatMap(([, role]) => (resolved(role).Tags ?? []) as readonly { Key: string; Value: string }[])
        .map(({ Key, Value }) => [`aws:PrincipalTag/${Key}`, Value]),
    );

  const ofResource = (arn: string): readonly Statement[] => [
    ...(outside[arn] ?? []),
    ...ofType('AWS::KMS::Key')
      .filter(([id]) => arnOf(resources, id, place) === arn)
      .flatMap(([, key]) => (resolved(key).KeyPolicy as PolicyDocument).Statement),
    ...ofType('AWS::IAM::Role')
      .filter(([id]) => arnOf(resources, id, place) === arn)
      .flatMap(([, role]) => (resolved(role).AssumeRolePolicyDocument as PolicyDocument).Statement),
    ...ofType('AWS::SNS::TopicPolicy', 'AWS::SQS::QueuePolicy')
      .flatMap(([, policy]) => (resolved(policy).PolicyDocument as PolicyDocument).Statement)
      .filter(({ Resource }) => Resource === arn),
  ];

  return {
    arn(type, id = /./) {
      const found = ofType(type).filter(([logicalId]) => id.test(logicalId));
      const [first] = found;
      if (first === undefined || found.length > 1)
        throw new Error(`${found.length} resources of type ${type} match ${id}`);
      return arnOf(resources, first[0], place);
    },
    allows(request, more = []) {
      const policies: Policies = {
        identity: [...identity(request.principal), ...more],
        resource: ofResource(request.resource),
      };
      return isAllowed(
        { ...request, context: { ...tagsOf(request.principal), ...request.context } },
        policies,
      );
    },
  };
}
