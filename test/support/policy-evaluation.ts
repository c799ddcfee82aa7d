/**
 * Evaluates IAM policies as AWS does for a request inside one account.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
type OneOrMore<Value> = Value | readonly Value[];

export interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Principal?: '*' | Readonly<Record<string, OneOrMore<string>>>;
  readonly Action?: OneOrMore<string>;
  readonly NotAction?: OneOrMore<string>;
  readonly Resource?: OneOrMore<string>;
  readonly NotResource?: OneOrMore<string>;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, OneOrMore<string>>>>>;
}

export interface Request {
  /** ARN of a role or user, or the name of an AWS service. */
  readonly principal: string;
  readonly action: string;
  readonly resource: string;
  readonly context?: Readonly<Record<string, string>>;
}

export interface Policies {
  readonly identity: readonly Statement[];
  /** The policy of the resource: key policy, queue policy or trust policy. */
  readonly resource?: readonly Statement[];
}

/** Whether the policies allow a request. A key needs both, a role its trust policy, everything else either of them. */
export function isAllowed(request: Request, { identity, resource = [] }: Policies): boolean {
  const context = contextOf(request);
  const applies = (statement: Statement) => statementApplies(statement, request, context);
  const inIdentity = identity.filter(applies);
  const inResource = resource.filter(
    (statement) => principalMatch(statement, request) !== 'none' && applies(statement),
  );
  if ([...inIdentity, ...inResource].some(({ Effect }) => Effect === 'Deny')) return false;
  const byIdentity = inIdentity.length > 0;
  const byName = inResource.some((statement) => principalMatch(statement, request) === 'named');
  // A statement for the account delegates to the identity policies of the account.
  if (request.action.startsWith('kms:') || request.action === 'sts:AssumeRole')
    return byName || (inResource.length > 0 && byIdentity);
  return byName || byIdentity;
}

function contextOf({ principal, context = {} }: Request): Readonly<Record<string, string>> {
  const implied = principal.startsWith('arn:') ? { 'aws:PrincipalArn': principal } : {};
  return lowerKeys({ 'aws:SecureTransport': 'true', ...implied, ...context });
}

function statementApplies(
  { Action, NotAction, Resource, NotResource, Condition = {} }: Statement,
  { action, resource }: Request,
  context: Readonly<Record<string, string>>,
): boolean {
  const isAction = (pattern: string) => matches(pattern.toLowerCase(), action.toLowerCase());
  const isResource = (pattern: string) => matches(pattern, resource);
  return (
    (Action === undefined ? !list(NotAction).some(isAction) : list(Action).some(isAction)) &&
    // A trust policy has no resource: it applies to its own role.
    (Resource === undefined ? !list(NotResource).some(isResource) : list(Resource).some(isResource)) &&
    Object.entries(Condition).every(([operator, keys]) =>
      Object.entries(keys).every(([key, values]) =>
        conditionHolds(operator, context[key.toLowerCase()], list(values)),
      ),
    )
  );
}

function conditionHolds(operator: string, found: string | undefined, values: readonly string[]): boolean {
  const test = CONDITIONS[operator];
  if (test === undefined) throw new Error(`unknown condition operator: ${operator}`);
  return test(found, values);
}

type ConditionTest = (found: string | undefined, values: readonly string[]) => boolean;

const equals: ConditionTest = (found, values) => found !== undefined && values.includes(found);
const like: ConditionTest = (found, values) =>
  found !== undefined && values.some((pattern) => matches(pattern, found));
/** Compares the six parts of an ARN one by one, because a wildcard does not match a colon. */
const arnLike: ConditionTest = (found, values) =>
  found !== undefined &&
  values.some((pattern) => {
    const patterns = splitArn(pattern);
    const parts = splitArn(found);
    return patterns.length === 6 && patterns.every((part, index) => matches(part, parts[index] ?? ''));
  });

/** If the request lacks the key, only a negated operator matches. */
const CONDITIONS: Readonly<Record<string, ConditionTest>> = {
  Null: (found, values) => values.includes(String(found === undefined)),
  StringEquals: equals,
  StringNotEquals: (found, values) => !equals(found, values),
  StringLike: like,
  ArnEquals: arnLike,
  ArnLike: arnLike,
  Bool: equals,
};

/** Whether a resource's statement names the principal itself, its account, or neither. */
function principalMatch({ Principal }: Statement, { principal }: Request): 'named' | 'account' | 'none' {
  if (Principal === '*') return 'named';
  const named = Object.values(Principal ?? {}).flatMap(list);
  if (named.includes('*') || named.includes(principal)) return 'named';
  const [, partition, , , account = ''] = principal.split(':');
  return account !== '' && named.includes(`arn:${partition}:iam::${account}:root`) ? 'account' : 'none';
}

function splitArn(arn: string): readonly string[] {
  const parts = arn.split(':');
  return parts.length <= 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(':')];
}

/** `*` matches any characters, `?` a single one. */
function matches(pattern: string, text: string): boolean {
  const expression = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${expression}$`, 's').test(text);
}

function list<Value extends string>(values: OneOrMore<Value> | undefined): readonly Value[] {
  return values === undefined ? [] : typeof values === 'string' ? [values] : (values as readonly Value[]);
}

function lowerKeys(record: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key.toLowerCase(), value]));
}
