/** The account and region of the stacks under test. */
export const ACCOUNT = '111111111111';
export const REGION = 'us-east-1';

/** The region of a deployed stack, and the partition that it belongs to. */
export interface Place {
  readonly region: string;
  readonly partition: string;
  readonly urlSuffix: string;
}
const DEFAULT_PLACE: Place = { region: REGION, partition: 'aws', urlSuffix: 'amazonaws.com' };

export interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}
export type Resources = Readonly<Record<string, Resource>>;

type ArnMaker = (id: string, place: Place, properties: Readonly<Record<string, unknown>>) => string;

const regional =
  (service: string, resource: (id: string) => string): ArnMaker =>
  (id, { partition, region }) =>
    `arn:${partition}:${service}:${region}:${ACCOUNT}:${resource(id)}`;

/** The ARN of a resource by its type and logical id. */
const ARNS: Readonly<Record<string, ArnMaker>> = {
  'AWS::IAM::OIDCProvider': (_id, { partition }, { Url }) =>
    `arn:${partition}:iam::${ACCOUNT}:oidc-provider/${String(Url).replace('https://', '')}`,
  'AWS::IAM::Role': (id, { partition }, { Path = '/', RoleName = id }) =>
    `arn:${partition}:iam::${ACCOUNT}:role${Path}${RoleName}`,
  'AWS::KMS::Key': regional('kms', (id) => `key/${id}`),
  'AWS::Lambda::Function': regional('lambda', (id) => `function:${id}`),
  'AWS::Logs::LogGroup': regional('logs', (id) => `log-group:${id}:*`),
  'AWS::Scheduler::ScheduleGroup': regional('scheduler', (id) => `schedule-group/${id}`),
  'AWS::SecretsManager::Secret': regional('secretsmanager', (id) => `secret:${id}-AbCdEf`),
  'AWS::SNS::Topic': regional('sns', (id) => id),
  'AWS::SQS::Queue': regional('sqs', (id) => id),
};

const pseudoParameters = ({ partition, region, urlSuffix }: Place): Readonly<Record<string, string>> => ({
  'AWS::AccountId': ACCOUNT,
  'AWS::Partition': partition,
  'AWS::Region': region,
  'AWS::URLSuffix': urlSuffix,
});

/** The Ref of most types is the name; of these it is the ARN. */
const REF_IS_ARN: ReadonlySet<string> = new Set([
  'AWS::IAM::OIDCProvider',
  'AWS::SecretsManager::Secret',
  'AWS::SNS::Topic',
]);

export function arnOf(resources: Resources, id: string, place = DEFAULT_PLACE): string {
  const { Type = '', Properties = {} } = resources[id] ?? {};
  const arn = ARNS[Type];
  if (arn === undefined) throw new Error(`no ARN for ${id} of type ${Type}`);
  return arn(id, place, Properties);
}

/** Replaces the intrinsic functions in a part of a template by their values. `exports` has the values of other stacks. */
export function resolveFunctions(
  value: unknown,
  resources: Resources,
  exports: Readonly<Record<string, string>> = {},
  place = DEFAULT_PLACE,
): unknown {
  const resolve = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(resolve);
    if (typeof part !== 'object' || part === null) return part;
    const entries = Object.entries(part);
    const [name, argument] = entries[0] ?? [];
    if (entries.length === 1 && name !== undefined && (name === 'Ref' || name.startsWith('Fn::')))
      return call(name, argument);
    return Object.fromEntries(entries.map(([key, inner]) => [key, resolve(inner)]));
  };
  const call = (name: string, argument: unknown): unknown => {
    if (name === 'Ref' && typeof argument === 'string') return refer(argument);
    if (name === 'Fn::ImportValue') return exports[String(argument)];
    const [first, second] = argument as [string, unknown];
    if (name === 'Fn::GetAtt' && second === 'Arn') return arnOf(resources, first, place);
    if (name === 'Fn::Join') return (resolve(second) as string[]).join(first);
    throw new Error(`${name} of ${JSON.stringify(argument)} is not supported`);
  };
  const refer = (id: string): string => {
    const pseudo = pseudoParameters(place)[id];
    if (pseudo !== undefined) return pseudo;
    const { Type, Properties } = resources[id] ?? {};
    if (Type !== undefined && REF_IS_ARN.has(Type)) return arnOf(resources, id, place);
    return Type === 'AWS::SSM::Parameter' ? String(Properties?.Name) : id;
  };
  return resolve(value);
}
