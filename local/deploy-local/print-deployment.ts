import { GetScheduleCommand } from '@aws-sdk/client-scheduler';
import { callApi } from '../call-api.ts';
import type { Deployed } from './deploy-app.ts';
import { findResource, listResources } from './stack-resources.ts';
import type { LocalServices } from './start-local-services.ts';

/** Prints the state of the deployment, and how to read the token from another terminal. */
export async function printDeployment(
  { cloud, clients, apiUrl }: LocalServices,
  { stack, parameterName }: Deployed,
  print: (text: string) => void,
): Promise<void> {
  const resources = await listResources(clients, stack);
  const { ScheduleExpression, State } = await clients.scheduler.send(
    new GetScheduleCommand({
      Name: findResource(resources, 'AWS::Scheduler::Schedule'),
      GroupName: findResource(resources, 'AWS::Scheduler::ScheduleGroup'),
    }),
  );
  const { status, record, version } = await callApi(clients.ssm, parameterName, apiUrl);
  const left = record === undefined ? 0 : record.expires_at - Math.floor(Date.now() / 1_000);
  const variables = Object.entries(cloud.environment).map(([key, value]) => `${key}=${value}`);
  print(`
  parameter   ${parameterName}, version ${version}, valid for ${left} s; a guarded API answers ${status}
  schedule    ${ScheduleExpression}, ${State}

  Read the token from another terminal:
  export ${variables.join(' ')}
  aws ssm get-parameter --name ${parameterName} --with-decryption`);
  if (cloud.external) print(`\n  The stack remains after Ctrl-C. Remove it with: npx cdk destroy ${stack}`);
  print('\n  The log of the function:');
}
