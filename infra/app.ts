import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks, NIST80053R5Checks } from 'cdk-nag';
import { readSettings } from './settings.ts';
import { SettingsError } from './settings-error.ts';
import { RefresherStack } from './stack.ts';

const app = new App();
// Every synth fails on a finding that is not acknowledged on its construct.
Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new NIST80053R5Checks(app));
try {
  for (const [name, settings] of readSettings(app.node.getAllContext())) {
    new RefresherStack(app, `TokenRefresher-${name}`, settings, {
      description: `Keeps the access token in ${settings.parameterName} fresh`,
    });
  }
} catch (error) {
  if (!(error instanceof SettingsError)) throw error;
  // A stack trace says nothing about settings.
  console.error(error.message);
  process.exit(1);
}
