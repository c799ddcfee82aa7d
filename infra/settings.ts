import { Duration } from 'aws-cdk-lib';
import { z } from 'zod';
import { CLIENT_AUTHENTICATION_METHODS, claimParameterName } from '../lambda/shared/refresher-environment.ts';
import { tokenUrlProblem } from '../lambda/shared/token-url.ts';
import {
  DEFAULT_CHECK_EVERY,
  DEFAULT_REFRESH_BEFORE,
  extraParametersProblem,
  parameterNameProblem,
  policyProblem,
  readerProblem,
  readersProblem,
  scopeProblem,
  secretProblem,
  shown,
} from './construct/property-rules.ts';

const duration = z.string().transform((value, context) => {
  try {
    return Duration.parse(value);
  } catch {
    context.addIssue({ code: 'custom', message: 'must be an ISO 8601 duration such as PT5M' });
    return z.NEVER;
  }
});

const checked = (problemOf: (value: string) => string | undefined) =>
  z.string().superRefine((value, context) => {
    const problem = problemOf(value);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  });

/** The command line gives every value as a string: there an object is written as JSON. */
const extraParameters = z.preprocess(
  (value) => (typeof value === 'string' ? parseJson(value) : value),
  z.record(z.string(), z.string()).superRefine((value, context) => {
    const problem = extraParametersProblem(value);
    if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  }),
);

/** On the command line: ARNs separated by spaces. */
const readers = z.preprocess(
  (value) => (typeof value === 'string' ? value.split(/\s+/).filter(Boolean) : value),
  z.array(checked(readerProblem)),
);

/** The command line gives a boolean as a string, too. */
const boolean = z.preprocess(
  (value) => (value === 'true' || value === 'false' ? value === 'true' : value),
  z.boolean('must be true or false'),
);

/** One entry of `context.refreshers` in cdk.json. */
const settingsSchema = z
  .strictObject({
    tokenUrl: checked(tokenUrlProblem),
    parameterName: checked(parameterNameProblem),
    /** Name or complete ARN of an existing secret; without it the stack makes an empty one. */
    credentials: checked(secretProblem).optional(),
    scope: checked(scopeProblem).optional(),
    extraParameters: extraParameters.optional(),
    clientAuthentication: z.enum(CLIENT_AUTHENTICATION_METHODS).optional(),
    checkEvery: duration.default(DEFAULT_CHECK_EVERY),
    refreshBefore: duration.default(DEFAULT_REFRESH_BEFORE),
    /** ARN of an existing KMS key; without it the stack makes one. */
    encryptionKey: z
      .string()
      .regex(/^arn:[^:]+:kms:[^:]+:\d{12}:key\/.+$/, 'must be the ARN of a KMS key')
      .optional(),
    /** ARNs of roles and users that may decrypt the token. */
    readers: readers.optional(),
    /** Gets an e-mail for every alarm. */
    notificationEmail: z.email('must be an e-mail address').optional(),
    /** ARN of an existing SNS topic for the alarms. */
    notificationTopic: z
      .string()
      .regex(/^arn:[^:]+:sns:[^:]+:\d{12}:[\w-]+$/, 'must be the ARN of an SNS topic')
      .optional(),
    dashboard: boolean.default(true),
  })
  .refine(
    ({ notificationEmail, notificationTopic }) =>
      notificationEmail === undefined || notificationTopic === undefined,
    {
      path: ['notificationEmail'],
      message: 'cannot stand beside notificationTopic: subscribe the address to the topic instead',
    },
  )
  .superRefine(({ checkEvery, refreshBefore, readers, encryptionKey }, context) => {
    const report = (path: string, message: string | undefined) => {
      if (message !== undefined) context.addIssue({ code: 'custom', path: [path], message });
    };
    const policy = policyProblem(checkEvery, refreshBefore);
    if (policy !== undefined) report(policy.property, policy.text);
    report('readers', readersProblem(readers, encryptionKey));
  });

export type RefresherSettings = z.output<typeof settingsSchema>;

export const SETTING_NAMES = Object.keys(settingsSchema.shape);
const REFRESHER_NAME = /^[a-zA-Z][a-zA-Z0-9-]{0,63}$/;

/**
 * The refreshers that the app's context describes, each with what the command line overrides (`-c name.key=value`).
 * @throws Error that names each key at fault, its value, and what is allowed
 */
export function readSettings(
  context: Readonly<Record<string, unknown>>,
): ReadonlyMap<string, RefresherSettings> {
  const refreshers = z.record(z.string(), z.record(z.string(), z.unknown())).safeParse(context.refreshers);
  if (!refreshers.success || Object.keys(refreshers.data).length === 0) {
    throw new Error(
      'cdk.json: context.refreshers must map at least one name to its settings, as in {"spotnana": {…}}',
    );
  }
  const problems: string[] = [];
  const settings = new Map<string, RefresherSettings>();
  for (const [name, entry] of Object.entries(refreshers.data)) {
    if (!REFRESHER_NAME.test(name)) {
      problems.push(
        `refreshers."${name}": a name begins with a letter and has at most 64 letters, digits and hyphens`,
      );
    }
    const values = { ...entry, ...overridesOf(name, context) };
    const parsed = settingsSchema.safeParse(values);
    if (parsed.success) settings.set(name, parsed.data);
    else problems.push(...parsed.error.issues.map((issue) => describeIssue(name, issue, values)));
  }
  problems.push(...sharedParameters(settings));
  problems.push(...strayOverrides(context, Object.keys(refreshers.data)));
  if (problems.length > 0)
    throw new Error(['The settings of the refreshers cannot be used:', ...problems].join('\n  - '));
  return settings;
}

function overridesOf(name: string, context: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const prefix = `${name}.`;
  return Object.fromEntries(
    Object.entries(context)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), value]),
  );
}

/** An override for a refresher that does not exist would otherwise be ignored in silence. */
function strayOverrides(context: Readonly<Record<string, unknown>>, names: readonly string[]): string[] {
  return Object.keys(context).flatMap((key) => {
    const name = /^([a-zA-Z][\w-]*)\.\w+$/.exec(key)?.[1];
    if (name === undefined || names.includes(name)) return [];
    return [`${key}: there is no refresher "${name}"; cdk.json has ${names.join(', ')}`];
  });
}

/** Two refreshers that write one parameter would replace each other's token on every check. */
function sharedParameters(settings: ReadonlyMap<string, RefresherSettings>): string[] {
  const owners = new Map<string, string>();
  const claimants = new Map<string, string>();
  for (const [name, { parameterName }] of settings) {
    if (owners.has(parameterName)) continue;
    owners.set(parameterName, name);
    claimants.set(claimParameterName(parameterName), name);
  }
  return [...settings].flatMap(([name, { parameterName }]) => {
    const [owner, claimant] = [owners.get(parameterName), claimants.get(parameterName)];
    const found = `${name}.parameterName: "${parameterName}" is`;
    if (owner !== name) return [`${found} already the parameter of ${owner}; each needs its own`];
    if (claimant === undefined) return [];
    return [`${found} where ${claimant} notes who replaces its token; choose another`];
  });
}

function describeIssue(
  name: string,
  issue: z.core.$ZodIssue,
  values: Readonly<Record<string, unknown>>,
): string {
  if (issue.code === 'unrecognized_keys') {
    return `${issue.keys.map((key) => `${name}.${key}`).join(', ')}: unknown; allowed are ${SETTING_NAMES.join(', ')}`;
  }
  const key = String(issue.path[0] ?? '');
  return `${name}.${issue.path.join('.')}: ${issue.message}; got ${shown(key, values[key])}`;
}

function parseJson(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}
