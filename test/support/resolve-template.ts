/** The account and region of the stacks under test. */
export const ACCOUNT = '111111111111';
export const REGION = 'us-east-1';

export interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}
export type Resources = Readonly<Record<string, Resource>>;

/** The ARN of a resource by its type and logical id. */
const ARNS: Readonly<Record<string, (id: string, properties: Readonly<Record<string, unknown>>) => string>> =
  {
    'AWS::IAM::Role': (id, { Path = '/', RoleName = id }) => `arn:aws:iam::${ACCOUNT}:role${Path}${RoleName}`,
    'AWS::KMS::Key': (id) => `arn:aws:kms:${REGION}:${ACCOUNT}:key/${id}`,
    'AWS::Lambda::Function': (id) => `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${id}`,
    'AWS::Logs::LogGroup': (id) => `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:${id}:*`,
    'AWS::Scheduler::ScheduleGroup': (id) => `arn:aws:scheduler:${REGION}:${ACCOUNT}:schedule-group/${id}`,
    'AWS::SecretsManager::Secret': (id) => `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${id}-AbCdEf`,
    'AWS::SNS::Topic': (id) => `arn:aws:sns:${REGION}:${ACCOUNT}:${id}`,
    'AWS::SQS::Queue': (id) => `arn:aws:sqs:${REGION}:${ACCOUNT}:${id}`,
  };

const PSEUDO_PARAMETERS: Readonly<Record<string, string>> = {
  'AWS::AccountId': ACCOUNT,
  'AWS::Partition': 'aws',
  'AWS::Region': REGION,
  'AWS::URLSuffix': 'amazonaws.com',
};

export function arnOf(resources: Resources, id: string): string {
  const { Type = '', Properties = {} } = resources[id] ?? {};
  const arn = ARNS[Type];
  if (arn === undefined) throw new Error(`no ARN for ${id} of type ${Type}`);
  return arn(id, Properties);
}

/** Replaces the intrinsic functions in a part of a template by their values. `exports` has the values of other stacks. */
export function resolveFunctions(
  value: unknown,
  resources: Resources,
  exports: Readonly<Record<string, string>> = {},
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
    if (name === 'Fn::GetAtt' && second === 'Arn') return arnOf(resources, first);
    if (name === 'Fn::Join') return (resolve(second) as string[]).join(first);
    throw new Error(`${name} of ${JSON.stringify(argument)} is not supported`);
  };
  const refer = (id: string): string => {
    const pseudo = PSEUDO_PARAMETERS[id];
    if (pseudo !== undefined) return pseudo;
    const { Type, Properties } = resources[id] ?? {};
    // The Ref of most types is the name; of these it is the ARN.
    if (Type === 'AWS::SecretsManager::Secret' || Type === 'AWS::SNS::Topic') return arnOf(resources, id);
    return Type === 'AWS::SSM::Parameter' ? String(Properties?.Name) : id;
  };
  return resolve(value);
}
