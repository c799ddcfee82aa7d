import { COMMAND } from '../lambda/shared/command-name.ts';
import type { AccountOptions } from './clients.ts';
import type { Refresher } from './deployed/refreshers-of-stack.ts';
import { isComplete } from './deployed/template.ts';

/**
 * Has a deployment bring back what was deleted or changed outside of it, where otherwise it would find nothing to do.
 * Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/drift-aware-change-sets.html
 */
export const REVERT_DRIFT = ['--revert-drift'] as const;

/** Writes down commands for the same account and region that this one was told to use. */
export interface Commands {
  /** A command of the AWS CLI. Arguments are quoted for the shell where they have to be. */
  aws(...args: readonly string[]): string;
  /** A command of this CLI for one refresher. */
  self(command: string, refresher: Refresher): string;
  /** A deployment of the refresher's stack, from the directory of its app. */
  deploy(refresher: Refresher, ...options: readonly string[]): string;
  /**
   * A command that puts a part of the stack back to a value of the template. Where not all of the value is known, it is the
   * deployment that does so.
   */
  restore(refresher: Refresher, value: unknown, write: (json: string) => string): string;
  /** The same with an operation of the AWS CLI that takes the value as its input. */
  restoreInput(refresher: Refresher, input: object, service: string, operation: string): string;
}

export function createCommands({ profile, region }: AccountOptions): Commands {
  const account = [
    ...(profile === undefined ? [] : ['--profile', profile]),
    ...(region === undefined ? [] : ['--region', region]),
  ];
  const line = (words: readonly string[]) => words.map(quote).join(' ');
  const deploy: Commands['deploy'] = ({ stack }, ...options) => {
    const profileOption = profile === undefined ? [] : ['--profile', profile];
    const cdk = `npx cdk deploy ${line([stack, ...options, ...profileOption])}`;
    // The app leaves the region to the environment, which comes before that of a profile.
    return region === undefined ? cdk : `AWS_REGION=${quote(region)} ${cdk}`;
  };
  const aws: Commands['aws'] = (...args) => `aws ${line([...args, ...account])}`;
  const restore: Commands['restore'] = (refresher, value, write) =>
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

/** For a POSIX shell. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
