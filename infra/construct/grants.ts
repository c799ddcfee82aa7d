import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { IConstruct } from 'constructs';
import { READER_ENVIRONMENT } from '../../lambda/shared/reader-environment.ts';
import { grantKeyForParameter } from './encryption-key.ts';

/** A token that consumers can be given access to, whether this app deploys its refresher or another one does. */
export interface ITokenRefresher extends IConstruct {
  /** Name of the parameter that holds the token record, or its ARN where the name alone does not find it. */
  readonly parameterName: string;
  /** ARN of the parameter that holds the token record. */
  readonly parameterArn: string;
  /** The key that encrypts the parameter. */
  readonly encryptionKey: IKey;
  /** The function that checks and mints; undefined where an imported refresher's is not given. */
  readonly function: IFunction | undefined;

  /**
   * Allows to read the current token: `ssm:GetParameter` on this parameter and decryption of it, nothing else. Where the refresher
   * was imported from an app of the same account, the `readers` there have to name the grantee as well.
   */
  grantRead(grantee: IGrantable): Grant;

  /**
   * Allows to report a token that an API refused: `lambda:InvokeFunction` on the refresher, nothing else.
   * @throws Error where the refresher's function is not known
   */
  grantReport(grantee: IGrantable): Grant;

  /**
   * Gives a function both permissions, the second where the refresher's function is known, and the environment variables that `createTokenReader` takes its defaults from.
   * @throws Error where the function is connected to another token already: give its reader the names instead
   */
  connect(consumer: LambdaFunction): void;
}

export function grantRead({ parameterArn, encryptionKey }: ITokenRefresher, grantee: IGrantable): Grant {
  return Grant.addToPrincipal({
    grantee,
    actions: ['ssm:GetParameter'],
    resourceArns: [parameterArn],
  }).combine(grantKeyForParameter(encryptionKey, parameterArn, grantee, ['kms:Decrypt']));
}

/** `IFunction.grantInvoke` would allow every version and alias of the function besides. */
export function grantReport(refresher: ITokenRefresher, grantee: IGrantable): Grant {
  if (refresher.function === undefined) {
    throw new Error(`grantReport: ${refresher.node.path} was imported without its functionArn`);
  }
  return Grant.addToPrincipal({
    grantee,
    actions: ['lambda:InvokeFunction'],
    resourceArns: [refresher.function.functionArn],
  });
}

/** Functions that are connected, with the path of the refresher that they are connected to. */
const connected = new WeakMap<LambdaFunction, string>();

export function connect(refresher: ITokenRefresher, consumer: LambdaFunction): void {
  const other = connected.get(consumer);
  if (other !== undefined && other !== refresher.node.path) {
    throw new Error(
      `connect: ${consumer.node.path} is already connected to ${other}. Use grantRead and grantReport for the second ` +
        'token, and give its createTokenReader the parameterName and the refresherFunctionName.',
    );
  }
  connected.set(consumer, refresher.node.path);
  refresher.grantRead(consumer);
  consumer.addEnvironment(READER_ENVIRONMENT.parameterName, refresher.parameterName);
  if (refresher.function === undefined) return;
  refresher.grantReport(consumer);
  consumer.addEnvironment(READER_ENVIRONMENT.refresherFunctionName, refresher.function.functionArn);
}
