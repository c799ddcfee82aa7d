import { App } from 'aws-cdk-lib';
import { readSettings } from '../../infra/settings.ts';
import { RefresherStack } from '../../infra/stack.ts';

/**
 * The app as it is, but for the policy of the dead-letter queue: it refuses requests without TLS, and the cloud of the
 * tests has none, so that nobody could look into the queue.
 */
const app = new App();
for (const [name, settings] of readSettings(app.node.getAllContext())) {
  const { refresher } = new RefresherStack(app, `TokenRefresher-${name}`, settings);
  refresher.node.findChild('DeadLetterQueue').node.tryRemoveChild('Policy');
}
