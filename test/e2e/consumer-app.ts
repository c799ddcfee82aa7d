import { App } from 'aws-cdk-lib';
import { readSettings } from '../../infra/settings.ts';
import { RefresherStack } from '../../infra/stack.ts';
import { addMarker, ConsumerStack } from './consumer-stack.ts';

const app = new App();
for (const [name, settings] of readSettings(app.node.getAllContext())) {
  const stack = new RefresherStack(app, `TokenRefresher-${name}`, settings);
  addMarker(stack);
  new ConsumerStack(app, `Consumer-${name}`, stack, String(app.node.getContext('apiUrl')));
}
