import { AddTagsToResourceCommand, type SSMClient } from '@aws-sdk/client-ssm';
import { readParameterTags } from '../refresher/configuration.ts';
import { tagList } from '../refresher/tag-list.ts';
import { describeAwsFailure } from '../shared/aws-failure.ts';
import { RefreshError } from '../shared/refresh-error.ts';
import { ENVIRONMENT } from '../shared/refresher-environment.ts';
import { type DeploymentTime, retryWithoutPermission } from './retry-without-permission.ts';

/** AWS answers with these while a permission does not apply yet, or while another call changes the parameter. */
const MAY_SUCCEED_LATER: ReadonlySet<string> = new Set(['AccessDeniedException', 'TooManyUpdates']);

/**
 * Gives the stored token the tags in the refresher's environment. The refresher itself can only tag a parameter that it
 * creates. Other tags of the parameter stay, because other tools may have added them.
 * @throws RefreshError `STORE_UNAVAILABLE`
 */
export async function tagParameter(
  environment: Readonly<Record<string, string>>,
  { ssm, ...time }: DeploymentTime & { readonly ssm: SSMClient },
): Promise<void> {
  const Tags = tagList(readParameterTags(environment));
  // Stryker disable next-line StringLiteral: the stack always sets the name
  const name = environment[ENVIRONMENT.parameterName] ?? '';
  if (Tags.length === 0) return;
  const command = new AddTagsToResourceCommand({ ResourceType: 'Parameter', ResourceId: name, Tags });
  const failure = await retryWithoutPermission(
    () => ssm.send(command).then(() => undefined, describeAwsFailure),
    (found) => found !== undefined && MAY_SUCCEED_LATER.has(found.name),
    time,
  );
  if (failure === undefined) return;
  throw new RefreshError(
    'STORE_UNAVAILABLE',
    `parameter ${name} could not be tagged: ${failure.text}. ` +
      "If access is denied, check that the policies of the deployment function's role and of the organization allow " +
      'ssm:AddTagsToResource on the parameter. Then deploy again.',
    { reason: failure.name },
  );
}
