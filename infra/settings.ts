import { Duration } from 'aws-cdk-lib';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { z } from 'zod';
import { type CredentialFieldNames, credentialFieldsProblem } from '../lambda/shared/credential-fields.ts';
import { CLIENT_AUTHENTICATION_METHODS, claimParameterName } from '../lambda/shared/refresher-environment.ts';
import { tokenUrlProblem } from '../lambda/shared/token-url.ts';
import { environmentProblem } from './construct/environment-rules.ts';
import {
  DEFAULT_CHECK_EVERY,
  DEFAULT_REFRESH_BEFORE,
  defaultLifetimeProblem,
  extraParametersProblem,
  parameterNameProblem,
  policyProblem,
  readerProblem,
  readersProblem,
  scopeProblem,
  secretProblem,
  shown,
} from './construct/property-rules.ts';
import { tagsProblem } from './construct/tag-limits.ts';
import { roleContextProblems } from './role-context.ts';

const KMS_KEY_ARN = /^arn:[^:]+:kms:[^:]+:\d{12}:key\/.+$/;
const LAYER_ARN = /^arn:[^:]+:lambda:[^:]+:\d{12}:layer:[\w-]+:\d+$/;
/** Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MOST_LAYERS = 5;
const SNS_TOPIC_ARN = /^arn:[^:]+:sns:[^:]+:\d{12}:[\w-]+$/;
const ROLE_ARN = /^arn:[^:]+:iam::\d{12}:role\/[\w+=,.@/-]+$/;
const REFRESHER_NAME = /^[a-zA-Z][a-zA-Z0-9-]{0,63}$/;

const duration = z.string().transform((value, context) => {
  try {
    return Duration.parse(value);
  } catch {
    context.addIssue({ code: 'custom', message: 'it must be an ISO 8601 duration, for example PT5M' });
    return z.NEVER;
  }
});

const checked = <Value>(type: z.ZodType<Value>, problemOf: (value: Value) => string | undefined) =>
  type.superRefine((value, context) => {
    const message = problemOf(value);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });

/** On the command line, every value is a string: an object is written as JSON. */
const json = <Value>(type: z.ZodType<Value>) =>
  z.preprocess((value) => (typeof value === 'string' ? parseJson(value) : value), type);

const strings = (problemOf: (value: Record<string, string>) => string | undefined) =>
  json(checked(z.record(z.string(), z.string()), problemOf));

const credentialFields = json(
  checked(z.record(z.string(), z.unknown()), credentialFieldsProblem).transform(
    (names) => names as CredentialFieldNames,
  ),
);

/** On the command line, the items are separated by spaces. */
const list = <Item>(items: z.ZodType<Item[]>) =>
  z.preprocess((value) => (typeof value === 'string' ? value.split(/\s+/).filter(Boolean) : value), items);

const layers = list(
  z
    .array(
      z
        .string()
        .regex(LAYER_ARN, 'it must be the ARN of a layer version, which ends with the version number'),
    )
    .max(MOST_LAYERS, `Lambda allows at most ${MOST_LAYERS} layers`)
    .refine(
      (arns) => new Set(arns.map((arn) => arn.replace(/:\d+$/, ''))).size === arns.length,
      'it must not name a layer twice, not even in two versions',
    ),
);

/** The id of an EC2 resource, such as `vpc-0123456789abcdef0`. */
const resourceId = (prefix: 'vpc' | 'subnet' | 'sg') =>
  z
    .string()
    .regex(
      new RegExp(`^${prefix}-([0-9a-f]{8}|[0-9a-f]{17})$`),
      `it must be an id: ${prefix}- and 8 or 17 hexadecimal digits`,
    );

/** Lambda's quotas for a function. Source: https://docs.aws.amazon.com/lambda/latest/api/API_VpcConfig.html */
const resourceIds = (prefix: 'subnet' | 'sg', most: number) =>
  list(
    z
      .array(resourceId(prefix))
      .min(1, 'it must list at least one id')
      .max(most, `Lambda accepts at most ${most} for a function`)
      .refine((ids) => new Set(ids).size === ids.length, 'it must not list an id twice'),
  );

/** The periods that CloudWatch Logs accepts, in days. cdk-nag reports logs that are kept forever. */
const LOG_RETENTION_DAYS = Object.values(RetentionDays).filter(
  (days): days is RetentionDays => typeof days === 'number' && days !== RetentionDays.INFINITE,
);
const logRetention = z.preprocess(
  (value) => (typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value),
  z.custom<RetentionDays>(
    (value) => LOG_RETENTION_DAYS.some((days) => days === value),
    `it must be a number of days that CloudWatch Logs accepts: ${LOG_RETENTION_DAYS.join(', ')}`,
  ),
);

const ARCHITECTURES = { arm64: Architecture.ARM_64, x86_64: Architecture.X86_64 };

const boolean = z.preprocess(
  (value) => (value === 'true' || value === 'false' ? value === 'true' : value),
  z.boolean('it must be true or false'),
);

const keyArn = z.string().regex(KMS_KEY_ARN, 'it must be the ARN of a KMS key, not of an alias');

/** One entry of `context.refreshers` in cdk.json. */
const settingsSchema = z
  .strictObject({
    tokenUrl: checked(z.string(), tokenUrlProblem),
    parameterName: checked(z.string(), parameterNameProblem),
    /** Name or complete ARN of an existing secret. By default, the stack creates an empty one. */
    credentials: checked(z.string(), secretProblem).optional(),
    /** ARN of the customer-managed KMS key that encrypts the secret. */
    credentialsKey: keyArn.optional(),
    /** Names of the secret's fields, if they are not `client_id` and `client_secret`. */
    credentialFields: credentialFields.optional(),
    scope: checked(z.string(), scopeProblem).optional(),
    extraParameters: strings(extraParametersProblem).optional(),
    clientAuthentication: z.enum(CLIENT_AUTHENTICATION_METHODS).optional(),
    /** Lifetime of a token if its endpoint states no usable one. */
    defaultLifetime: duration.optional(),
    /** Whether the endpoint revokes the former token when it grants the next one. */
    revokesFormerToken: boolean.optional(),
    checkEvery: duration.default(DEFAULT_CHECK_EVERY),
    refreshBefore: duration.default(DEFAULT_REFRESH_BEFORE),
    /** ARN of an existing KMS key. By default, the stack creates one. */
    encryptionKey: keyArn.optional(),
    /** ARNs of roles and users that may decrypt the token. */
    readers: list(z.array(checked(z.string(), readerProblem))).optional(),
    /** Receives an email for every alarm. */
    notificationEmail: z.email('it must be an email address').optional(),
    /** ARN of an existing SNS topic that receives the alarms. */
    notificationTopic: z.string().regex(SNS_TOPIC_ARN, 'it must be the ARN of an SNS topic').optional(),
    /** Additional environment variables of the functions. */
    environment: strings(environmentProblem).optional(),
    /** ARNs of layer versions for the functions. */
    layers: layers.optional(),
    dashboard: boolean.default(true),
    /** ARN of an existing role for the refresher function. The stack does not change it. */
    role: z.string().regex(ROLE_ARN, 'it must be the ARN of an IAM role').optional(),
    /** Tags of every resource, and of the token's parameter. */
    tags: strings(tagsProblem).optional(),
    /** The VPC of the functions, their subnets and security groups, all as ids. */
    vpc: resourceId('vpc').optional(),
    vpcSubnets: resourceIds('subnet', 16).optional(),
    securityGroups: resourceIds('sg', 5).optional(),
    /** How long CloudWatch keeps the logs, in days. */
    logRetention: logRetention.default(RetentionDays.ONE_MONTH),
    architecture: z
      .enum(['arm64', 'x86_64'])
      .default('arm64')
      .transform((name) => ARCHITECTURES[name]),
  })
  .superRefine((settings, context) => {
    const { checkEvery, refreshBefore, readers, encryptionKey } = settings;
    const report = (path: string, message: string | undefined) => {
      if (message !== undefined) context.addIssue({ code: 'custom', path: [path], message });
    };
    const policy = policyProblem(checkEvery, refreshBefore);
    if (policy !== undefined) report(policy.property, policy.text);
    if (settings.defaultLifetime !== undefined)
      report('defaultLifetime', defaultLifetimeProblem(settings.defaultLifetime, checkEvery));
    report('readers', readersProblem(readers, encryptionKey));
    if (settings.credentialsKey !== undefined && settings.credentials === undefined)
      report('credentialsKey', 'it is the key of an existing secret; name the secret in credentials');
    if (settings.vpc !== undefined && settings.vpcSubnets === undefined)
      report('vpcSubnets', 'it is required with vpc; list the ids of the subnets');
    for (const name of ['vpcSubnets', 'securityGroups'] as const) {
      if (settings.vpc === undefined && settings[name] !== undefined)
        report(name, 'it has no effect without vpc; set vpc too');
    }
    if (settings.notificationEmail === undefined || settings.notificationTopic === undefined) return;
    const text = 'it cannot be combined with notificationTopic; subscribe the address to the topic instead';
    report('notificationEmail', text);
  });

/** What a message shows if the setting is absent. */
const DEFAULTS: Values = {
  checkEvery: DEFAULT_CHECK_EVERY.toIsoString(),
  refreshBefore: DEFAULT_REFRESH_BEFORE.toIsoString(),
};

type Values = Readonly<Record<string, unknown>>;
export type RefresherSettings = z.output<typeof settingsSchema>;

export const SETTING_NAMES = Object.keys(settingsSchema.shape);

/**
 * Reads the settings of each refresher from the app's context, with overrides from the command line (`-c name.key=value`).
 * @throws Error that names every invalid setting, the value found, and what is allowed
 */
export function readSettings(context: Values): ReadonlyMap<string, RefresherSettings> {
  const refreshers = z.record(z.string(), z.record(z.string(), z.unknown())).safeParse(context.refreshers);
  if (!refreshers.success || Object.keys(refreshers.data).length === 0) {
    throw new Error(
      'cdk.json: context.refreshers must map at least one name to its settings, for example {"spotnana": {…}}',
    );
  }
  const problems: string[] = [];
  const settings = new Map<string, RefresherSettings>();
  for (const [name, entry] of Object.entries(refreshers.data)) {
    if (!REFRESHER_NAME.test(name)) {
      problems.push(
        `refreshers."${name}": a name must begin with a letter and have at most 64 letters, digits and hyphens`,
      );
    }
    const values = { ...entry, ...overridesOf(name, context) };
    const parsed = settingsSchema.safeParse(values, { error: typeMessage });
    if (parsed.success) settings.set(name, parsed.data);
    else problems.push(...parsed.error.issues.map((issue) => describeIssue(name, issue, values)));
  }
  problems.push(...roleContextProblems(context));
  problems.push(...sharedParameters(settings));
  problems.push(...strayOverrides(context, Object.keys(refreshers.data)));
  if (problems.length > 0)
    throw new Error(['The settings of the refreshers are invalid:', ...problems].join('\n  - '));
  return settings;
}

function overridesOf(name: string, context: Values): Values {
  const prefix = `${name}.`;
  const own = Object.entries(context).filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(own.map(([key, value]) => [key.slice(prefix.length), value]));
}

/** CDK ignores an override for a refresher that does not exist, so report it. */
function strayOverrides(context: Values, names: readonly string[]): string[] {
  return Object.keys(context).flatMap((key) => {
    const name = /^([a-zA-Z][\w-]*)\.\w+$/.exec(key)?.[1];
    if (name === undefined || names.includes(name)) return [];
    return [`${key}: there is no refresher "${name}"; cdk.json has ${names.join(', ')}`];
  });
}

/** Two refreshers of the same parameter would replace each other's token at every check. */
function sharedParameters(settings: ReadonlyMap<string, RefresherSettings>): string[] {
  return [...settings].flatMap(([name, { parameterName }]) => {
    const others = [...settings].filter(([other]) => other !== name);
    const found = `${name}.parameterName: "${parameterName}" is`;
    const owner = others.find(([, other]) => other.parameterName === parameterName);
    if (owner !== undefined) return [`${found} also the parameter of ${owner[0]}; choose another name`];
    const claimant = others.find(([, other]) => claimParameterName(other.parameterName) === parameterName);
    return claimant === undefined ? [] : [`${found} the claim of ${claimant[0]}; choose another name`];
  });
}

const TYPES: Readonly<Record<string, string>> = {
  array: 'a list',
  record: 'an object, or its JSON on the command line',
  string: 'text in quotes',
};

/** What a value of another type must be. Undefined leaves the message to zod. */
function typeMessage(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code !== 'invalid_type') return undefined;
  const type = TYPES[issue.expected];
  return type === undefined ? undefined : `it must be ${type}`;
}

function describeIssue(name: string, issue: z.core.$ZodIssue, values: Values): string {
  if (issue.code === 'unrecognized_keys') {
    return `${issue.keys.map((key) => `${name}.${key}`).join(', ')}: unknown setting; allowed are ${SETTING_NAMES.join(', ')}`;
  }
  const key = String(issue.path[0] ?? '');
  const found = { ...DEFAULTS, ...values }[key];
  return `${name}.${issue.path.join('.')}: ${issue.message}; got ${shown(key, found)}`;
}

function parseJson(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
