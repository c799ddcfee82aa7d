import { z } from 'zod';
import { problemLine } from './construct/problem-line.ts';

const BOUNDARY = '@aws-cdk/core:permissionsBoundary';
const PRECREATED = '@aws-cdk/iam:customizeRoles';

const text = z.string().min(1);
const boundarySchema = z.union([z.object({ name: text }), z.object({ arn: text })]);

/** A role's name, with its path. The CDK puts both behind `role/`, so an ARN or a slash in front makes a wrong ARN. */
const precreatedSchema = z.object({
  usePrecreatedRoles: z.record(text, z.string().regex(/^(?!arn:|\/)[!-~]*[\w+=,.@-]$/)).optional(),
});

type Check = readonly [key: string, schema: z.ZodType, allowed: string];

const CHECKS: readonly Check[] = [
  [BOUNDARY, boundarySchema, 'it must be {"name": "…"} or {"arn": "…"}'],
  [
    PRECREATED,
    precreatedSchema,
    'usePrecreatedRoles must map construct paths to names of roles, each with its path but without a slash in front',
  ],
];

/** What is wrong with the context that limits or replaces roles. The CDK ignores such values, or deploys wrong ARNs. */
export function roleContextProblems(context: Readonly<Record<string, unknown>>): string[] {
  return CHECKS.flatMap(([key, schema, allowed]) => {
    const found = context[key];
    if (found === undefined || schema.safeParse(found).success) return [];
    return [problemLine(key, key, found, allowed)];
  });
}
