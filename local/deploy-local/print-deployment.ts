import { GetScheduleCommand } from '@aws-sdk/client-scheduler';
import { callApi } from '../call-api.ts';
import type { Deployed } from './deploy-app.ts';
import { findResource, listResources } from './stack-resources.ts';
import type { LocalServices } from './start-local-services.ts';

/** Prints the state of the deployments, and what to do next in another terminal. */
export async function printDeployment(
  services: LocalServices,
  deployed: readonly Deployed[],
  print: (text: string) => void,
): Promise<void> {
  for (const one of deployed) print(await describe(services, one));
  print(nextSteps(services, deployed));
}

async function describe(
  { clients, apiUrl }: LocalServices,
  { stack, parameterName }: Deployed,
): Promise<string> {
  const resources = await listResources(clients, stack);
  const { ScheduleExpression, State } = await clients.scheduler.send(
    new GetScheduleCommand({
      Name: findResource(resources, 'AWS::Scheduler::Schedule'),
      GroupName: findResource(resources, 'AWS::Scheduler::ScheduleGroup'),
    }),
  );
  const { status, record, version } = await callApi(clients.ssm, parameterName, apiUrl);
  const left = record === undefined ? 0 : record.expires_at - Math.floor(Date.now() / 1_000);
  return `
  parameter   ${parameterName}, version ${version}, valid for ${left} s; a guarded API answers ${status}
  schedule    ${ScheduleExpression}, ${State}`;
}

/** Commands for another terminal, in the directory of cdk.json. */
export function nextSteps(
  { cloud }: Pick<LocalServices, 'cloud'>,
  deployed: readonly Pick<Deployed, 'name' | 'stack' | 'context' | 'credentials' | 'parameterName'>[],
): string {
  const [first] = deployed;
  const { name = '', credentials = '', parameterName = '' } = first ?? {};
  // Without a name, these commands cover all refreshers.
  const only = deployed.length === 1 ? ` ${name}` : '';
  const variables = Object.entries(cloud.environment).map(([key, value]) => `${key}=${value}`);
  const stacks = deployed.map(({ stack }) => stack).join(' ');
  const overrides = deployed.flatMap(({ context }) =>
    Object.entries(context).map(
      ([key, value]) => `-c ${key}=${/^[\w:/.-]+$/.test(value) ? value : `'${value}'`}`,
    ),
  );
  return `
  Next, in another terminal, in this directory:
    export ${variables.join(' ')}

  Is the token valid?   npm run token-refresher -- status${only}
  Is anything wrong?    npm run token-refresher -- doctor${only}
  Read the token:       npm run token-refresher -- token ${name} --show
                        aws ssm get-parameter --name ${parameterName} --with-decryption
  Change credentials:   npm run token-refresher -- set-credentials ${name}
                        The authorization server accepts only ${credentials}
  After you change the code or a setting, deploy again:
    npx cdk deploy ${stacks} ${overrides.join(' ')}
${cloud.external ? `\n  The stack remains after Ctrl-C. Remove it with: npx cdk destroy ${stacks}\n` : ''}
  The log of the function:`;
}
