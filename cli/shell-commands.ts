import { COMMAND } from '../lambda/shared/command-name.ts';
import type { AccountOptions } from './clients.ts';
import type { Refresher } from './deployed/refreshers-of-stack.ts';
import { isComplete } from './deployed/template.ts';

/**
 * Makes a deployment undo changes made outside CloudFormation, even if the template is unchanged.
 * Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/drift-aware-change-sets.html
 */
export const REVERT_DRIFT = ['--revert-drift'] as const;

/** Shell commands that the CLI prints for the user, with the same profile and region options. */
export interface ShellCommands {
  /** An AWS CLI command. Arguments are quoted if necessary. */
  aws(...args: readonly string[]): string;
  /** A command of this CLI for one refresher. */
  self(command: string, refresher: Refresher): string;
  /** Deploys the refresher's stack. Must run in the app's directory. */
  deploy(refresher: Refresher, ...options: readonly string[]): string;
  /** Restores a value of the template, or deploys the stack if part of the value is unknown. */
  restore(refresher: Refresher, value: unknown, write: (json: string) => string): string;
  /** Like `restore`, for an AWS CLI operation whose whole input is the value. */
  restoreInput(refresher: Refresher, input: object, service: string, operation: string): string;
}

export function createShellCommands({ profile, region }: AccountOptions): ShellCommands {
  const account = [
    ...(profile === undefined ? [] : ['--profile', profile]),
    ...(region === undefined ? [] : ['--region', region]),
  ];
  const line = (words: readonly string[]) => words.map(quote).join(' ');
  const deploy: ShellCommands['deploy'] = ({ stack }, ...options) => {
    const profileOption = profile === undefined ? [] : ['--profile', profile];
    const cdk = `npx cdk deploy ${line([stack, ...options, ...profileOption])}`;
    // The app has no region option: it takes the environment's, then the profile's.
    return region === undefined ? cdk : `AWS_REGION=${quote(region)} ${cdk}`;
  };
  const aws: ShellCommands['aws'] = (...args) => `aws ${line([...args, ...account])}`;
  const restore: ShellCommands['restore'] = (refresher, value, write) =>
    isComplete(value) ? write(JSON.stringify(value)) : deploy(refresher, ...REVERT_DRIFT);
  return {
    aws,
    self: (command, { name }) => `${COMMAND} ${line([command, name, ...account])}`,
    deploy,
    restore,
    restoreInput: (refresher, input, service, operation) =>
      restore(refresher, input, (json) => aws(service, operation, '--cli-input-json', json)),
  };
}

/** Quotes a word for a POSIX shell. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
