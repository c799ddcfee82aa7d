import { App } from 'aws-cdk-lib';
import { readSettings } from './settings.ts';
import { RefresherStack } from './stack.ts';

const app = new App();
for (const [name, settings] of readSettings(app.node.getAllContext())) {
  new RefresherStack(app, `TokenRefresher-${name}`, settings, {
    description: `Keeps the access token in ${settings.parameterName} fresh`,
  });
}
