import { inject } from 'vitest';
import { createCloudClients } from '../../local/deploy-local/cloud-clients.ts';
import { confidential, recordWritten } from '../support/confidential.ts';
import { createDeployedApp, type DeployedApp, type RefresherSettings } from './deployed-app.ts';

/** An app on the local cloud of the tests, with one refresher. */
export function createLocalApp(name: string, settings: RefresherSettings): Promise<DeployedApp> {
  const cdk = inject('ministack');
  const clients = createCloudClients(cdk);
  return createDeployedApp(name, settings, {
    cdk,
    clients,
    deployedWithin: 150_000,
    confidential,
    recordWritten,
  });
}
