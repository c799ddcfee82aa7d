/** Import this before the app: it disables all accepted cdk-nag findings. */
import { Validations } from 'aws-cdk-lib';

Validations.prototype.acknowledge = () => undefined;
