import { Stack, Token } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { IConstruct } from 'constructs';
import { READER_ENVIRONMENT } from '../../lambda/shared/reader-environment.ts';
import { grantKeyForParameter } from './encryption-key.ts';

/** A refresher that this app or another app deploys, and to whose token consumers can be granted access. */
export interface ITokenRefresher extends IConstruct {
  /** Name of the parameter that stores the token, or its ARN if it is in another account. */
  readonly parameterName: string;
  /** ARN of the parameter that stores the token. */
  readonly parameterArn: string;
  /** The key that encrypts the parameter. */
  readonly encryptionKey: IKey;
  /** The function that checks and mints. Undefined for a refresher imported without `functionArn`. */
  readonly function: IFunction | undefined;

  /**
   * Allows the grantee to read the current token: `ssm:GetParameter` on this parameter and its decryption, nothing else.
   * If the refresher is imported from an app of the same account, its `readers` must name the grantee too.
   */
  grantRead(grantee: IGrantable): Grant;

  /**
   * Allows the grantee to report a rejected token: `lambda:InvokeFunction` on the refresher, nothing else.
   * @throws Error if the refresher was imported without `functionArn`
   */
  grantReport(grantee: IGrantable): Grant;

  /**
   * Grants a function both permissions and sets the environment variables that `createTokenReader` uses as defaults. If
   * the refresher was imported without `functionArn`, the function can read but not report.
   * @throws Error if the function is already connected to another token: grant it the second token, and pass the names to
   * its `createTokenReader`
   */
  connect(consumer: LambdaFunction): void;
}

export function grantRead(refresher: ITokenRefresher, grantee: IGrantable): Grant {
  return Grant.addToPrincipal({
    grantee,
    actions: ['ssm:GetParameter'],
    resourceArns: [refresher.parameterArn],
  }).combine(grantKeyForParameter(refresher, grantee, ['kms:Decrypt']));
}

/** `IFunction.grantInvoke` would also allow every version and alias of the function. */
export function grantReport(refresher: ITokenRefresher, grantee: IGrantable): Grant {
  if (refresher.function === undefined) {
    throw new Error(
      `grantReport: ${refresher.node.path} was imported without functionArn. Set it to the output FunctionArn of the stack.`,
    );
  }
  return Grant.addToPrincipal({
    grantee,
    actions: ['lambda:InvokeFunction'],
    resourceArns: [refresher.function.functionArn],
  });
}

/** The connected functions, each with the path of its refresher. */
const connected = new WeakMap<LambdaFunction, string>();

export function connect(refresher: ITokenRefresher, consumer: LambdaFunction): void {
  const other = connected.get(consumer);
  if (other !== undefined && other !== refresher.node.path) {
    throw new Error(
      `connect: ${consumer.node.path} is already connected to ${other}. Use grantRead and grantReport for the second ` +
        'token, and pass parameterName and refresherFunctionName to its createTokenReader.',
    );
  }
  connected.set(consumer, refresher.node.path);
  refresher.grantRead(consumer);
  consumer.addEnvironment(READER_ENVIRONMENT.parameterName, refresher.parameterName);
  if (refresher.function === undefined) return;
  refresher.grantReport(consumer);
  consumer.addEnvironment(READER_ENVIRONMENT.refresherFunctionName, refresher.function.functionArn);
}

/** @throws Error if the consumer is in another account or region than the refresher */
export function assertSameEnvironment(refresher: ITokenRefresher, consumer: LambdaFunction): void {
  const [own, other] = [Stack.of(refresher), Stack.of(consumer)];
  const differ = (a: string, b: string) => !Token.isUnresolved(a) && !Token.isUnresolved(b) && a !== b;
  if (differ(own.account, other.account)) {
    throw new Error(
      `connect: ${consumer.node.path} is in account ${other.account}, the refresher in ${own.account}. Share the token with ` +
        `grantReadToAccount('${other.account}'), and import it there with TokenRefresher.fromTokenRefresherAttributes.`,
    );
  }
  if (differ(own.region, other.region)) {
    throw new Error(
      `connect: ${consumer.node.path} is in ${other.region}, the refresher in ${own.region}. Create another refresher in ${other.region}.`,
    );
  }
}
