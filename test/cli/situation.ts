import { KeyState } from '@aws-sdk/client-kms';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { type Arbitrary, constantFrom, record } from 'fast-check';
import type { Clients } from '../../cli/clients.ts';
import { type Refresher, refreshersOf, templateEnvironment } from '../../cli/deployed/refreshers-of-stack.ts';
import { parseTemplate } from '../../cli/deployed/template.ts';
import { readSettings } from '../../infra/settings.ts';
import { RefresherStack } from '../../infra/stack.ts';
import { readConfiguration } from '../../lambda/refresher/configuration.ts';
import { sourceFingerprint } from '../../lambda/refresher/source-fingerprint.ts';
import { type Answers, awsError, createAnsweringClients } from '../support/answering-clients.ts';

/** Unix time of every situation, seconds. */
export const NOW = 1_800_000_000;

const VALUES = {
  schedule: ['on', 'off', 'changed', 'ended', 'not-started', 'gone', 'denied'],
  scheduleRole: ['ok', 'gone', 'lacking', 'denied'],
  function: ['active', 'stopped', 'failed', 'deleting', 'gone', 'denied'],
  functionRole: ['ok', 'gone', 'lacking', 'newer', 'denied'],
  key: [...Object.values(KeyState), 'gone', 'changed', 'denied'],
  secret: ['ok', 'rotated', 'empty', 'invalid', 'deletion', 'gone', 'denied', 'value-denied'],
  endpoint: [401, 302, 404, 405, 429, 503],
  parameter: ['fresh', 'overdue', 'expired', 'missing', 'damaged', 'foreign', 'denied'],
  /** Whether the endpoint rejects the current credentials, and the token is from the previous ones. */
  previous: [false, true],
  lastRun: ['kept', 'same-token', 'minted', 'failed', 'late', 'none', 'log-gone', 'denied'],
  deadLetters: ['0', '1'],
  alarm: ['OK', 'ALARM', 'INSUFFICIENT_DATA', 'gone', 'silent', 'denied'],
} as const;

/** A deployed refresher as AWS shows it. */
export type Situation = { readonly [Part in keyof typeof VALUES]: (typeof VALUES)[Part][number] };

export const GOOD: Situation = {
  schedule: 'on',
  scheduleRole: 'ok',
  function: 'active',
  functionRole: 'ok',
  key: 'Enabled',
  secret: 'ok',
  endpoint: 401,
  parameter: 'fresh',
  previous: false,
  lastRun: 'kept',
  deadLetters: '0',
  alarm: 'OK',
};

/** Situations in which about every third part is not as it should be. */
export const anySituation: Arbitrary<Situation> = record(
  Object.fromEntries(
    Object.entries(VALUES).map(([part, values]) => {
      const good = GOOD[part as keyof Situation];
      return [part, constantFrom<unknown>(...Array(2 * values.length).fill(good), ...values)];
    }),
  ),
) as Arbitrary<Situation>;

/** Every situation with one part that is not as it should be. */
export const singleFaults: readonly Situation[] = Object.entries(VALUES).flatMap(([part, values]) =>
  values.map((value) => ({ ...GOOD, [part]: value })),
);

export const refresher: Refresher = deploy();

function deploy(): Refresher {
  const settings = readSettings({
    refreshers: { sandbox: { tokenUrl: 'https://auth.example.com/token', parameterName: '/a' } },
  });
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
  const stack = new RefresherStack(app, 'TokenRefresher-sandbox', settings.get('sandbox') as never);
  const template = parseTemplate(JSON.stringify(Template.fromStack(stack).toJSON())) ?? new Map();
  const physicalId = (id: string, { type }: { readonly type: string }) =>
    type === 'AWS::SecretsManager::Secret'
      ? `arn:aws:secretsmanager:us-east-1:123456789012:secret:${id}-aBcDeF`
      : id;
  const [found] = refreshersOf({
    stackId: 'arn:aws:cloudformation:us-east-1:123456789012:stack/TokenRefresher-sandbox/uuid',
    template,
    physicalIds: new Map([...template].map(([id, resource]) => [id, physicalId(id, resource)])),
    parameters: new Map(),
  });
  if (found === undefined) throw new Error('the stack has no refresher');
  return found;
}

const denied = () => awsError('AccessDeniedException');
const at = (seconds: number) => new Date(seconds * 1_000);
const CURRENT = 'version-current';
const PREVIOUS = 'version-previous';

/** The CLI's clients for a situation. */
export function clientsIn(situation: Situation): Clients {
  return createAnsweringClients({
    ...functionAnswers(situation),
    ...roleAnswers(situation),
    ...keyAnswers(situation),
    ...secretAnswers(situation),
    ...parameterAnswers(situation),
    ...scheduleAnswers(situation),
    ...monitoringAnswers(situation),
  });
}

export const fetchIn =
  ({ endpoint }: Situation): typeof fetch =>
  async () =>
    new Response(null, { status: endpoint });

function functionAnswers({ function: state }: Situation): Answers {
  const { properties } = refresher.function;
  return {
    GetFunctionCommand: () => {
      if (state === 'gone') return awsError('ResourceNotFoundException');
      if (state === 'denied') return denied();
      const State = { failed: 'Failed', deleting: 'Deleting', active: 'Active', stopped: 'Active' }[state];
      const LastModified = at(NOW - 7_200)
        .toISOString()
        .replace('Z', '+0000');
      const Configuration = { ...properties, State, LastModified };
      return state === 'stopped'
        ? { Configuration, Concurrency: { ReservedConcurrentExecutions: 0 } }
        : { Configuration };
    },
    GetFunctionEventInvokeConfigCommand: () => refresher.eventInvokeConfig?.properties,
  };
}

function roleAnswers({ functionRole, scheduleRole }: Situation): Answers {
  const find = (name: string) =>
    name === refresher.functionRole?.id
      ? ([functionRole, refresher.functionRole] as const)
      : ([scheduleRole, refresher.scheduleRole] as const);
  const encode = (policy: unknown) => encodeURIComponent(JSON.stringify(policy));
  return {
    GetRoleCommand: ({ RoleName }: { RoleName: string }) => {
      const [state, role] = find(RoleName);
      if (state === 'gone') return awsError('NoSuchEntityException');
      if (state === 'denied') return denied();
      const CreateDate = at(state === 'newer' ? NOW - 3_600 : NOW - 7_210);
      return {
        Role: { CreateDate, AssumeRolePolicyDocument: encode(role?.properties.AssumeRolePolicyDocument) },
      };
    },
    ListRolePoliciesCommand: ({ RoleName }: { RoleName: string }) => {
      const [state, role] = find(RoleName);
      return { PolicyNames: state === 'lacking' ? [] : [...(role?.policies.keys() ?? [])] };
    },
    GetRolePolicyCommand: ({ RoleName, PolicyName }: { RoleName: string; PolicyName: string }) => ({
      PolicyDocument: encode(find(RoleName)[1]?.policies.get(PolicyName)),
    }),
  };
}

function keyAnswers({ key }: Situation): Answers {
  return {
    DescribeKeyCommand: () => {
      if (key === 'gone') return awsError('NotFoundException');
      if (key === 'denied') return denied();
      const KeyMetadata = { Arn: 'arn:key', KeyState: key === 'changed' ? 'Enabled' : key };
      return {
        KeyMetadata: key === 'Unavailable' ? { ...KeyMetadata, CustomKeyStoreId: 'cks-1' } : KeyMetadata,
      };
    },
    GetKeyPolicyCommand: () => ({
      Policy: key === 'changed' ? '{}' : JSON.stringify(refresher.encryptionKey?.properties.KeyPolicy),
    }),
  };
}

function secretAnswers({ secret }: Situation): Answers {
  return {
    DescribeSecretCommand: () => {
      if (secret === 'gone') return awsError('ResourceNotFoundException');
      if (secret === 'denied') return denied();
      if (secret === 'deletion') return { DeletedDate: at(NOW) };
      if (secret === 'empty') return { VersionIdsToStages: {} };
      const isChanged = secret === 'rotated' || secret === 'invalid';
      const [current, former] = isChanged ? ['version-next', CURRENT] : [CURRENT, PREVIOUS];
      return { VersionIdsToStages: { [current]: ['AWSCURRENT'], [former]: ['AWSPREVIOUS'] } };
    },
    GetSecretValueCommand: () => {
      if (secret === 'value-denied') return denied();
      return { SecretString: secret === 'invalid' ? 'a' : '{"client_id": "a", "client_secret": "b"}' };
    },
  };
}

const LIFETIME = 3_600;

function parameterAnswers({ parameter, previous, key, lastRun }: Situation): Answers {
  const left = { expired: -60, overdue: 300 }[parameter as string] ?? 3_000;
  const expires_at = NOW + left;
  const times = { issued_at: expires_at - LIFETIME, expires_at };
  const configuration = readConfiguration(templateEnvironment(refresher));
  const source = sourceFingerprint(configuration, previous ? PREVIOUS : CURRENT);
  const stored = { access_token: 'the-token', token_type: 'Bearer', ...times, source };
  const value = { foreign: 'else', damaged: JSON.stringify({ ...stored, expires_at: 'soon' }) }[
    parameter as string
  ];
  const isUsable = ['Enabled', 'Updating', 'denied', 'changed'].includes(key);
  const written = { outcome: 'minted', parameter_version: 1, ...times, source };
  return {
    GetParameterCommand: ({ WithDecryption = false }: { WithDecryption?: boolean }) => {
      if (parameter === 'missing') return awsError('ParameterNotFound');
      // By default, nobody but the readers may decrypt the token.
      if (WithDecryption && parameter === 'denied') return denied();
      if (WithDecryption && !isUsable) return awsError('InvalidKeyId');
      const Parameter = { Type: 'SecureString', Version: 1, LastModifiedDate: at(times.issued_at) };
      return { Parameter: { ...Parameter, Value: value ?? JSON.stringify(stored) } };
    },
    FilterLogEventsCommand: ({ endTime }: { endTime?: number }) => {
      if (lastRun === 'denied') return denied();
      if (lastRun === 'log-gone') return awsError('ResourceNotFoundException');
      const events =
        endTime === undefined ? runLog(lastRun, previous) : [{ message: JSON.stringify(written) }];
      return { events };
    },
  };
}

function runLog(lastRun: Situation['lastRun'], previous: boolean): readonly object[] {
  const kept = { outcome: 'kept', reason: 'fresh' };
  const line = {
    kept,
    late: kept,
    'same-token': { outcome: 'kept', reason: 'same-token' },
    minted: { outcome: 'minted', reason: 'expiring' },
    failed: { level: 'ERROR', code: 'RATE_LIMITED', message: 'RATE_LIMITED: why.' },
  }[lastRun as string];
  if (line === undefined) return [];
  const timestamp = (NOW - (lastRun === 'late' ? 5_000 : 60)) * 1_000;
  const hasResult = ['kept', 'late', 'minted'].includes(lastRun);
  const metrics = previous && hasResult ? [{ _aws: {}, Kept: 1, PreviousCredentialsUsed: 1 }] : [];
  return [line, ...metrics].map((fields) => ({ timestamp, message: JSON.stringify(fields) }));
}

function scheduleAnswers({ schedule }: Situation): Answers {
  return {
    GetScheduleCommand: () => {
      if (schedule === 'gone') return awsError('ResourceNotFoundException');
      if (schedule === 'denied') return denied();
      const changed = {
        changed: { ScheduleExpression: 'rate(7 days)' },
        ended: { EndDate: at(NOW) },
        'not-started': { StartDate: at(NOW + 1) },
      }[schedule as string];
      const State = schedule === 'off' ? 'DISABLED' : 'ENABLED';
      return { ...refresher.schedule?.properties, State, ...changed };
    },
  };
}

function monitoringAnswers({ deadLetters, alarm }: Situation): Answers {
  const [first, ...others] = refresher.alarms.map(({ id, properties }) => ({
    ...properties,
    AlarmName: id,
    StateValue: 'OK',
  }));
  const state = ['ALARM', 'INSUFFICIENT_DATA'].includes(alarm) ? { StateValue: alarm } : {};
  const changed = { ...first, ...state, ActionsEnabled: alarm !== 'silent' };
  return {
    GetQueueAttributesCommand: () => ({ Attributes: { ApproximateNumberOfMessages: deadLetters } }),
    DescribeAlarmsCommand: () => {
      if (alarm === 'denied') return denied();
      return { MetricAlarms: alarm === 'gone' ? others : [changed, ...others] };
    },
  };
}
