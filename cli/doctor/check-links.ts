import type { Configuration } from '../../lambda/refresher/configuration.ts';
import { type Clock, unixSeconds } from '../../lambda/shared/clock.ts';
import { describeFailure } from '../cli-error.ts';
import type { Clients } from '../clients.ts';
import { configurationOf, readFunction } from '../deployed/read-function.ts';
import { type LastRun, readLastRun } from '../deployed/read-last-run.ts';
import type { Refresher } from '../deployed/refreshers-of-stack.ts';
import type { ShellCommands } from '../shell-commands.ts';
import { checkAlarms } from './check-alarms.ts';
import { checkAsyncInvocation } from './check-async-invocation.ts';
import { checkDeadLetters } from './check-dead-letters.ts';
import { checkEndpoint } from './check-endpoint.ts';
import { checkFunction } from './check-function.ts';
import { checkFunctionRole } from './check-function-role.ts';
import { checkKey } from './check-key.ts';
import { checkLastRun } from './check-last-run.ts';
import { checkParameter } from './check-parameter.ts';
import { checkScheduleRole } from './check-role.ts';
import { checkSchedule } from './check-schedule.ts';
import { checkSecret } from './check-secret.ts';
import { type Finding, LINKS, type Link, unknown, type Verdict } from './finding.ts';

export interface DoctorTools {
  readonly clients: Clients;
  readonly commands: ShellCommands;
  readonly clock: Clock;
  readonly fetch: typeof globalThis.fetch;
}

/** Checks every link of the chain from the schedule to the parameter. Changes nothing and mints nothing. */
export async function checkLinks(refresher: Refresher, tools: DoctorTools): Promise<readonly Finding[]> {
  const { clients, commands, clock, fetch } = tools;
  const { ssm, secretsManager, logs } = clients;
  const now = clock.now();
  const reading = readFunction(clients.lambda, refresher);
  const fn = await reading.catch(() => undefined);
  const configuration = configurationOf(refresher, fn);
  const configured = async (check: (usable: Configuration) => Promise<Verdict>): Promise<Verdict> =>
    configuration === undefined
      ? unknown("not checked: the function's settings are unknown")
      : check(configuration);
  const lastRun = readRun(refresher, configuration, logs, now);
  const roleTools = { iam: clients.iam, commands };
  const checks: Readonly<Record<Exclude<Link, 'parameter'>, () => Promise<Verdict>>> = {
    schedule: () => checkSchedule(refresher, clients.scheduler, commands, now),
    'schedule role': () => checkScheduleRole(refresher, roleTools),
    function: async () => {
      const verdict = checkFunction(refresher, await reading, commands);
      if (verdict.state !== 'ok') return verdict;
      return (await checkAsyncInvocation(refresher, clients.lambda, commands)) ?? verdict;
    },
    'function role': () => checkFunctionRole(refresher, fn, roleTools),
    key: () => configured((usable) => checkKey(refresher, usable, clients.kms, commands)),
    secret: () => configured((usable) => checkSecret(refresher, usable, secretsManager, commands)),
    endpoint: () => configured((usable) => checkEndpoint(usable, { fetch, clock })),
    'last run': () =>
      configured((usable) => checkLastRun(refresher, usable, { reading: lastRun, commands, now })),
    'dead letters': () => checkDeadLetters(refresher, clients.sqs, commands),
    alarms: () => checkAlarms(refresher, clients.cloudWatch, commands),
  };
  const others = new Map(
    await Promise.all(OTHER_LINKS.map(async (link) => [link, await unlessFailed(checks[link])] as const)),
  );
  const parameter = await unlessFailed(async () =>
    checkParameter(refresher, configuration, {
      ...{ ssm, logs, secretsManager, commands, others },
      lastRun: await lastRun.catch(() => undefined),
      now: unixSeconds(now),
    }),
  );
  const verdicts = new Map<Link, Verdict>([...others, ['parameter', parameter]]);
  return LINKS.flatMap((link) => {
    const verdict = verdicts.get(link);
    return verdict === undefined ? [] : [{ link, ...verdict }];
  });
}

/** The latest run, for two of the checks. Undefined if there is none, or no log of it. */
async function readRun(
  { logGroup }: Refresher,
  configuration: Configuration | undefined,
  logs: Clients['logs'],
  now: number,
): Promise<LastRun | undefined> {
  if (logGroup === undefined || configuration === undefined) return undefined;
  return readLastRun(logs, logGroup.id, { checkEvery: configuration.checkEvery, now });
}

/** The parameter comes last: what the other links show says whether a check can replace its token. */
const OTHER_LINKS = LINKS.filter((link) => link !== 'parameter');

async function unlessFailed(check: () => Promise<Verdict>): Promise<Verdict> {
  return check().catch((error: unknown) => unknown(`not checked: ${describeFailure(error)}`));
}
