import { Duration } from 'aws-cdk-lib';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { z } from 'zod';
import {
  CREDENTIALS,
  type CredentialFieldNames,
  credentialFieldsProblem,
  LONGEST_FIELD_NAME,
} from '../lambda/shared/credential-fields.ts';
import {
  CLIENT_AUTHENTICATION_METHODS,
  RESERVED_FORM_FIELDS,
} from '../lambda/shared/refresher-environment.ts';
import { SCOPE } from '../lambda/shared/scope.ts';
import { tokenUrlProblem } from '../lambda/shared/token-url.ts';
import { environmentProblems, FORBIDDEN_VARIABLES, VARIABLE_NAME } from './construct/environment-rules.ts';
import type { EntryProblem } from './construct/problem-line.ts';
import {
  DEFAULT_CHECK_EVERY,
  DEFAULT_REFRESH_BEFORE,
  extraParametersProblems,
  LONGEST_PARAMETER_NAME,
  PARAMETER_NAME,
  parameterNameProblem,
  READER,
  readerProblem,
  SECRET,
  scopeProblem,
  secretProblem,
} from './construct/property-rules.ts';
import {
  LONGEST_TAG_KEY,
  LONGEST_TAG_VALUE,
  MOST_TAGS,
  TAG_TEXT,
  tagsProblems,
} from './construct/tag-limits.ts';

const KMS_KEY_ARN = /^arn:[^:]+:kms:[^:]+:\d{12}:key\/.+$/;
const LAYER_ARN = /^arn:[^:]+:lambda:[^:]+:\d{12}:layer:[\w-]+:\d+$/;
/** Source: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const MOST_LAYERS = 5;
const SNS_TOPIC_ARN = /^arn:[^:]+:sns:[^:]+:\d{12}:[\w-]+$/;
const ROLE_ARN = /^arn:[^:]+:iam::\d{12}:role\/[\w+=,.@/-]+$/;
/** Days, hours, minutes and seconds, at least one of them. CDK knows no other units. */
const ISO_DURATION = /^P(?=.*\d)(?:\d+D)?(?:T(?:\d+H)?(?:\d+M)?(?:\d+(?:\.\d{1,3})?S)?)?$/;

/** What an editor can check of a rule that is more than a pattern, as JSON Schema. */
type EditorRule = Readonly<Record<string, unknown>>;

const checked = <Value>(
  type: z.ZodType<Value>,
  problemOf: (value: Value) => string | undefined,
  editorRule: EditorRule,
) =>
  type
    .superRefine((value, context) => {
      const message = problemOf(value);
      if (message !== undefined) context.addIssue({ code: 'custom', message });
    })
    .meta(editorRule);

const strings = (
  problemsOf: (value: Record<string, string>) => readonly EntryProblem[],
  editorRule: EditorRule,
) =>
  z
    .record(z.string(), z.string())
    .superRefine((values, context) => {
      for (const { key, about, text: message } of problemsOf(values))
        context.addIssue({
          code: 'custom',
          path: key === undefined ? [] : [key],
          message,
          params: { about },
        });
    })
    .meta(editorRule);

const DURATION_RULE = 'it must be an ISO 8601 duration in quotes, for example "PT5M" for five minutes';
const duration = z
  .string(DURATION_RULE)
  .regex(ISO_DURATION, DURATION_RULE)
  .transform((text) => Duration.parse(text));

const keyArn = z.string().regex(KMS_KEY_ARN, 'it must be the ARN of a KMS key, not of an alias');

const credentialFields = checked(z.record(z.string(), z.unknown()), credentialFieldsProblem, {
  properties: Object.fromEntries(
    CREDENTIALS.map((name) => [name, { type: 'string', minLength: 1, maxLength: LONGEST_FIELD_NAME }]),
  ),
  minProperties: 1,
  additionalProperties: false,
}).transform((names) => names as CredentialFieldNames);

const layers = z
  .array(
    z.string().regex(LAYER_ARN, 'it must be the ARN of a layer version, which ends with the version number'),
  )
  .max(MOST_LAYERS, `Lambda allows at most ${MOST_LAYERS} layers`)
  .refine(
    (arns) => new Set(arns.map((arn) => arn.replace(/:\d+$/, ''))).size === arns.length,
    'it must not name a layer twice, not even in two versions',
  )
  .meta({ uniqueItems: true });

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
  z
    .array(resourceId(prefix))
    .min(1, 'it must list at least one id')
    .max(most, `Lambda accepts at most ${most} for a function`)
    .refine((ids) => new Set(ids).size === ids.length, 'it must not list an id twice')
    .meta({ uniqueItems: true });

/** The periods that CloudWatch Logs accepts, in days. cdk-nag reports logs that are kept forever. */
const LOG_RETENTION_DAYS = Object.values(RetentionDays).filter(
  (days): days is RetentionDays => typeof days === 'number' && days !== RetentionDays.INFINITE,
);

const ARCHITECTURES = { arm64: Architecture.ARM_64, x86_64: Architecture.X86_64 };

/** What to do if a required setting is missing. Undefined leaves the message to the rules for any setting. */
const ifMissing =
  (remedy: string) =>
  ({ input }: { readonly input: unknown }) =>
    input === undefined ? remedy : undefined;

/** One entry of `context.refreshers` in cdk.json. Rules that concern several settings are in setting-combinations.ts. */
export const settingsSchema = z.strictObject({
  tokenUrl: checked(
    z.string({ error: ifMissing('it is required. Set it to the https: URL of the token endpoint') }),
    tokenUrlProblem,
    { format: 'uri', pattern: '^[hH][tT][tT][pP][sS]?:' },
  ),
  parameterName: checked(
    z.string({ error: ifMissing('it is required. Set it to a name such as /spotnana/access-token') }),
    parameterNameProblem,
    { pattern: PARAMETER_NAME.source, maxLength: LONGEST_PARAMETER_NAME },
  ),
  credentials: checked(z.string(), secretProblem, { pattern: SECRET.source }).optional(),
  credentialsKey: keyArn.optional(),
  credentialFields: credentialFields.optional(),
  scope: checked(z.string(), scopeProblem, { pattern: SCOPE.source }).optional(),
  extraParameters: strings(extraParametersProblems, {
    propertyNames: { not: { enum: RESERVED_FORM_FIELDS } },
  }).optional(),
  clientAuthentication: z.enum(CLIENT_AUTHENTICATION_METHODS).optional(),
  defaultLifetime: duration.optional(),
  revokesFormerToken: z.boolean().optional(),
  checkEvery: duration.prefault(DEFAULT_CHECK_EVERY.toIsoString()),
  refreshBefore: duration.prefault(DEFAULT_REFRESH_BEFORE.toIsoString()),
  encryptionKey: keyArn.optional(),
  readers: z.array(checked(z.string(), readerProblem, { pattern: READER.source })).optional(),
  notificationEmail: z.email('it must be an email address').optional(),
  notificationTopic: z.string().regex(SNS_TOPIC_ARN, 'it must be the ARN of an SNS topic').optional(),
  environment: strings(environmentProblems, {
    propertyNames: { pattern: VARIABLE_NAME.source, not: { enum: FORBIDDEN_VARIABLES } },
  }).optional(),
  layers: layers.optional(),
  dashboard: z.boolean().default(true),
  role: z.string().regex(ROLE_ARN, 'it must be the ARN of an IAM role').optional(),
  tags: strings(tagsProblems, {
    maxProperties: MOST_TAGS,
    propertyNames: { minLength: 1, maxLength: LONGEST_TAG_KEY, pattern: TAG_TEXT.source },
    additionalProperties: {
      type: 'string',
      minLength: 1,
      maxLength: LONGEST_TAG_VALUE,
      pattern: TAG_TEXT.source,
    },
  }).optional(),
  vpc: resourceId('vpc').optional(),
  vpcSubnets: resourceIds('subnet', 16).optional(),
  securityGroups: resourceIds('sg', 5).optional(),
  logRetention: z
    .literal(
      LOG_RETENTION_DAYS,
      `it must be a number of days that CloudWatch Logs accepts: ${LOG_RETENTION_DAYS.join(', ')}`,
    )
    .default(RetentionDays.ONE_MONTH),
  architecture: z
    .enum(['arm64', 'x86_64'])
    .default('arm64')
    .transform((name) => ARCHITECTURES[name]),
});

export type RefresherSettings = z.output<typeof settingsSchema>;
export type SettingName = keyof RefresherSettings;

export const SETTING_NAMES = Object.keys(settingsSchema.shape) as SettingName[];
