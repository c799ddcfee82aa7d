import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, NIST80053R5Checks } from 'cdk-nag';
import { readSettings } from './settings.ts';
import { RefresherStack } from './stack.ts';

const app = new App();
// Every synth fails on a finding that is not acknowledged on its construct.
Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new NIST80053R5Checks(app));
for (const [name, settings] of readSettings(app.node.getAllContext())) {
  new RefresherStack(app, `TokenRefresher-${name}`, settings, {
    description: `Keeps the access token in ${settings.parameterName} fresh`,
  });
}
