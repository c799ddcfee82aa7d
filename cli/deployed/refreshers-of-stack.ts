import { ENVIRONMENT } from '../../lambda/shared/refresher-environment.ts';
import { referredTo, resolve, type StackContent } from './template.ts';

/** Names of the stacks of cdk.json begin with this, followed by the refresher's name. */
export const STACK_PREFIX = 'TokenRefresher-';

/** A resource that the stack deployed. */
export interface DeployedResource {
  readonly logicalId: string;
  /** The physical id. */
  readonly id: string;
  /** Its properties in the template, with references resolved. */
  readonly properties: Readonly<Record<string, unknown>>;
}

export interface DeployedRole extends DeployedResource {
  /** The role's inline policies in the template, by name. */
  readonly policies: ReadonlyMap<string, unknown>;
}

/** One refresher of a stack. Parts that the template lacks are undefined. */
export interface Refresher {
  /** The name in cdk.json, or the parameter's name if another app deployed the construct. */
  readonly name: string;
  readonly stack: string;
  readonly parameterName: string;
  readonly function: DeployedResource;
  readonly eventInvokeConfig: DeployedResource | undefined;
  readonly functionRole: DeployedRole | undefined;
  /** ARN of another role of the stack that Lambda may use. */
  readonly otherLambdaRoleArn: string | undefined;
  readonly logGroup: DeployedResource | undefined;
  readonly schedule: DeployedResource | undefined;
  readonly scheduleRole: DeployedRole | undefined;
  readonly deadLetterQueue: DeployedResource | undefined;
  /** Undefined if the secret belongs to another stack. The same holds for the key. */
  readonly credentials: DeployedResource | undefined;
  readonly encryptionKey: DeployedResource | undefined;
  readonly alarms: readonly DeployedResource[];
}

/** The function's environment in the template, without values that only CloudFormation knows. */
export function templateEnvironment({ function: fn }: Refresher): Readonly<Record<string, string>> {
  const isText = (entry: [string, unknown]): entry is [string, string] => typeof entry[1] === 'string';
  return Object.fromEntries(Object.entries(variablesOf(fn.properties)).filter(isText));
}

/**
 * The refreshers of a stack. A function's environment identifies each one. References between resources lead to its
 * other parts, so construct ids do not matter.
 */
export function refreshersOf(content: StackContent): readonly Refresher[] {
  const { template } = content;
  const stack = content.stackId.split('/')[1] ?? '';
  const functions = [...template].filter(([, { type, properties }]) => {
    const variables = variablesOf(properties);
    return (
      type === 'AWS::Lambda::Function' &&
      ENVIRONMENT.tokenUrl in variables &&
      ENVIRONMENT.parameterName in variables
    );
  });
  return functions.map(([logicalId, { properties }]) => {
    const parameterName = String(resolve(variablesOf(properties)[ENVIRONMENT.parameterName], content));
    const isOfApp = stack.startsWith(STACK_PREFIX) && functions.length === 1;
    return {
      name: isOfApp ? stack.slice(STACK_PREFIX.length) : parameterName,
      stack,
      parameterName,
      ...partsOf(logicalId, parameterName, content),
    };
  });
}

type Parts = Omit<Refresher, 'name' | 'stack' | 'parameterName'>;

function partsOf(functionId: string, parameterName: string, content: StackContent): Parts {
  const find = (type: string, property: (properties: Readonly<Record<string, unknown>>) => unknown) =>
    [...content.template].find(
      ([, resource]) => resource.type === type && referredTo(property(resource.properties)) === functionId,
    )?.[0];
  const scheduleId = find(
    'AWS::Scheduler::Schedule',
    ({ Target }) => (Target as { Arn?: unknown } | undefined)?.Arn,
  );
  const configId = find('AWS::Lambda::EventInvokeConfig', ({ FunctionName }) => FunctionName);
  const { Role: functionRole, LoggingConfig: logging } = rawProperties(functionId, content);
  const variables = variablesOf(rawProperties(functionId, content));
  const { Target: target } = rawProperties(scheduleId, content);
  const { RoleArn: scheduleRole, DeadLetterConfig: deadLetters } = (target ?? {}) as Record<string, unknown>;
  const queueId = referredTo((deadLetters as { Arn?: unknown } | undefined)?.Arn);
  const parts = [parameterName, functionId, ...(queueId === undefined ? [] : [queueId])];
  return {
    function: deployed(functionId, content),
    eventInvokeConfig: maybeDeployed(configId, content),
    functionRole: role(referredTo(functionRole), content),
    otherLambdaRoleArn: otherLambdaRoleArn(referredTo(functionRole), content),
    logGroup: maybeDeployed(referredTo((logging as { LogGroup?: unknown } | undefined)?.LogGroup), content),
    schedule: maybeDeployed(scheduleId, content),
    scheduleRole: role(referredTo(scheduleRole), content),
    deadLetterQueue: maybeDeployed(queueId, content),
    credentials: maybeDeployed(referredTo(variables[ENVIRONMENT.credentialsSecretId]), content),
    encryptionKey: maybeDeployed(referredTo(variables[ENVIRONMENT.parameterKeyId]), content),
    alarms: alarmsMentioning(parts, content),
  };
}

function deployed(logicalId: string, content: StackContent): DeployedResource {
  const properties = resolve(rawProperties(logicalId, content), content) as Record<string, unknown>;
  return { logicalId, id: content.physicalIds.get(logicalId) ?? logicalId, properties };
}

function maybeDeployed(logicalId: string | undefined, content: StackContent): DeployedResource | undefined {
  return logicalId !== undefined && content.template.has(logicalId)
    ? deployed(logicalId, content)
    : undefined;
}

function role(logicalId: string | undefined, content: StackContent): DeployedRole | undefined {
  const found = maybeDeployed(logicalId, content);
  if (found === undefined) return undefined;
  const policies = [...content.template.values()]
    .filter(({ type, properties }) => {
      const roles = Array.isArray(properties.Roles) ? properties.Roles : [];
      return type === 'AWS::IAM::Policy' && roles.some((of) => referredTo(of) === logicalId);
    })
    .map(
      ({ properties }) =>
        [String(properties.PolicyName), resolve(properties.PolicyDocument, content)] as const,
    );
  return { ...found, policies: new Map(policies) };
}

/** The role of the function that serves the stack's custom resources, or of another function. */
function otherLambdaRoleArn(functionRole: string | undefined, content: StackContent): string | undefined {
  const found = [...content.template].find(
    ([logicalId, { type, properties }]) =>
      type === 'AWS::IAM::Role' &&
      logicalId !== functionRole &&
      JSON.stringify(properties.AssumeRolePolicyDocument ?? '').includes('"lambda.amazonaws.com"'),
  );
  if (found === undefined) return undefined;
  const arn = resolve({ 'Fn::GetAtt': [found[0], 'Arn'] }, content);
  return typeof arn === 'string' ? arn : undefined;
}

/** A stack can have unrelated alarms. One that belongs to a refresher mentions one of its parts. */
function alarmsMentioning(parts: readonly string[], content: StackContent): readonly DeployedResource[] {
  return [...content.template].flatMap(([logicalId, { type, properties }]) => {
    if (type !== 'AWS::CloudWatch::Alarm' && type !== 'AWS::CloudWatch::CompositeAlarm') return [];
    const text = JSON.stringify(properties);
    return parts.some((part) => text.includes(JSON.stringify(part))) ? [deployed(logicalId, content)] : [];
  });
}

function rawProperties(
  logicalId: string | undefined,
  { template }: StackContent,
): Readonly<Record<string, unknown>> {
  return (logicalId === undefined ? undefined : template.get(logicalId)?.properties) ?? {};
}

/** The environment variables in a function's properties. */
export function variablesOf(
  properties: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const { Variables: variables = {} } = (properties.Environment ?? {}) as {
    Variables?: Record<string, unknown>;
  };
  return variables;
}
