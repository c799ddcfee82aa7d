import { parseJsonObject } from '../../lambda/shared/json.ts';

/** One resource of a stack's template, with unresolved references. */
export interface TemplateResource {
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** A deployed stack: its template, and the ids and values that CloudFormation gave it. */
export interface StackContent {
  readonly stackId: string;
  readonly template: ReadonlyMap<string, TemplateResource>;
  /** Physical ids by logical id. */
  readonly physicalIds: ReadonlyMap<string, string>;
  /** Values of the template's parameters. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** The resources of a template, or undefined if it is not JSON. CDK templates always are. */
export function parseTemplate(body: string): ReadonlyMap<string, TemplateResource> | undefined {
  const resources = parseJsonObject(body)?.Resources;
  if (typeof resources !== 'object' || resources === null) return undefined;
  return new Map(
    Object.entries(resources as Record<string, { Type?: string; Properties?: Record<string, unknown> }>).map(
      ([logicalId, { Type = '', Properties = {} }]) => [logicalId, { type: Type, properties: Properties }],
    ),
  );
}

/** The logical id that a `Ref` or a `Fn::GetAtt` names, or undefined if the value is neither. */
export function referredTo(value: unknown): string | undefined {
  const { Ref: ref, 'Fn::GetAtt': attribute } = asObject(value);
  if (typeof ref === 'string') return ref;
  return Array.isArray(attribute) && typeof attribute[0] === 'string' ? attribute[0] : undefined;
}

/** A value of the template with its references resolved. Unknown parts, such as imports, are undefined. */
export function resolve(value: unknown, content: StackContent): unknown {
  if (Array.isArray(value)) return value.map((item) => resolve(item, content));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const [first] = entries;
  if (first !== undefined && entries.length === 1) {
    const [name, argument] = first;
    if (name === 'Ref') return refer(String(argument), content);
    if (name.startsWith('Fn::')) return INTRINSICS[name]?.(argument, content);
  }
  return Object.fromEntries(entries.map(([key, item]) => [key, resolve(item, content)]));
}

/** Whether no part of a resolved value is unknown. */
export function isComplete(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return value !== undefined;
  return Object.values(value).every(isComplete);
}

const INTRINSICS: Readonly<Record<string, (argument: unknown, content: StackContent) => unknown>> = {
  'Fn::GetAtt': (argument, content) => {
    const [logicalId, attribute] = argument as [string, string];
    return attribute === 'Arn' ? arnOf(logicalId, content) : undefined;
  },
  'Fn::Join': (argument, content) => {
    const [separator, parts] = argument as [string, unknown];
    const resolved = resolve(parts, content);
    if (!Array.isArray(resolved) || !resolved.every((part) => typeof part === 'string')) return undefined;
    return resolved.join(separator);
  },
  'Fn::Sub': (argument, content) => {
    if (typeof argument !== 'string') return undefined;
    const parts = argument
      .split(/\$\{([\w:]+)\}/)
      .map((part, index) => (index % 2 ? refer(part, content) : part));
    return parts.every((part) => part !== undefined) ? parts.join('') : undefined;
  },
};

function refer(name: string, content: StackContent): string | undefined {
  // The reference is the secret's ARN, although local clouds use its name as the physical id.
  if (content.template.get(name)?.type === 'AWS::SecretsManager::Secret') return arnOf(name, content);
  return pseudoParameters(content)[name] ?? content.physicalIds.get(name) ?? content.parameters.get(name);
}

/** Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html */
function pseudoParameters({ stackId }: StackContent): Readonly<Record<string, string | undefined>> {
  const { partition, region, account } = arnParts(stackId);
  return {
    'AWS::AccountId': account,
    'AWS::Partition': partition,
    'AWS::Region': region,
    'AWS::StackId': stackId,
    'AWS::StackName': stackId.split('/')[1] ?? '',
    'AWS::URLSuffix': URL_SUFFIXES[partition],
  };
}

/** Domains of the partitions. Source: the endpoint rules of the AWS SDKs. */
const URL_SUFFIXES: Readonly<Record<string, string>> = {
  aws: 'amazonaws.com',
  'aws-us-gov': 'amazonaws.com',
  'aws-cn': 'amazonaws.com.cn',
  'aws-eusc': 'amazonaws.eu',
  'aws-iso': 'c2s.ic.gov',
  'aws-iso-b': 'sc2s.sgov.gov',
  'aws-iso-e': 'cloud.adc-e.uk',
  'aws-iso-f': 'csp.hci.ic.gov',
};

/** Derives the ARN from the physical id, for the resource types of a refresher. */
function arnOf(logicalId: string, { stackId, template, physicalIds }: StackContent): string | undefined {
  const id = physicalIds.get(logicalId);
  if (id === undefined || id.startsWith('arn:')) return id;
  const { partition, region, account } = arnParts(stackId);
  const arn = (service: string, resource: string, inRegion = region) =>
    `arn:${partition}:${service}:${inRegion}:${account}:${resource}`;
  switch (template.get(logicalId)?.type) {
    case 'AWS::IAM::Role': {
      const { Path: path = '/' } = template.get(logicalId)?.properties ?? {};
      return arn('iam', `role${path}${id}`, '');
    }
    case 'AWS::KMS::Key':
      return arn('kms', `key/${id}`);
    case 'AWS::Lambda::Function':
      return arn('lambda', `function:${id}`);
    case 'AWS::Logs::LogGroup':
      return arn('logs', `log-group:${id}:*`);
    case 'AWS::Scheduler::ScheduleGroup':
      return arn('scheduler', `schedule-group/${id}`);
    case 'AWS::SQS::Queue':
      // A queue's physical id is its URL.
      return arn('sqs', id.split('/').at(-1) ?? '');
    default:
      return undefined;
  }
}

function arnParts(arn: string): { partition: string; region: string; account: string } {
  const [, partition = '', , region = '', account = ''] = arn.split(':');
  return { partition, region, account };
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
