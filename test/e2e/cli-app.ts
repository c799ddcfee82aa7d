import { App } from 'aws-cdk-lib';
import { readSettings } from '../../infra/settings.ts';
import { RefresherStack } from '../../infra/stack.ts';

/**
 * The app without the dead-letter queue's policy. That policy denies requests without TLS, and MiniStack has no TLS, so
 * doctor could not read the queue.
 */
const app = new App();
for (const [name, settings] of readSettings(app.node.getAllContext())) {
  const { refresher } = new RefresherStack(app, `TokenRefresher-${name}`, settings);
  refresher.node.findChild('DeadLetterQueue').node.tryRemoveChild('Policy');
}
