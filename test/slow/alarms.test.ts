import { App, Duration, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import fc from 'fast-check';
import { describe, expect, inject, test } from 'vitest';
import { TokenRefresher, type TokenRefresherProps } from '../../infra/construct/token-refresher.ts';
import { readSettings } from '../../infra/settings.ts';
import { RefresherStack } from '../../infra/stack.ts';
import { FIRST_METRIC_MS } from '../../lambda/deployment/mint-first-token.ts';
import { expiryThreshold, leastMarginToPage } from '../../lambda/shared/alarm-thresholds.ts';
import { COMMAND } from '../../lambda/shared/command-name.ts';
import { type RefreshPolicy, refreshMargin } from '../../lambda/shared/refresh-margin.ts';
import { RUN_TIMEOUT_SECONDS } from '../../lambda/shared/time-budget.ts';
import { ALARM_NAMES, alarmsOf } from '../support/alarms.ts';
import { alarmTransitions } from '../support/cloudwatch-alarm.ts';
import { FROM, firstAlarm, incidents, type Setting, watch } from '../support/incidents.ts';
import { createRandom } from '../support/random.ts';
import { type Fault, type ModelCheck, modelRefresher } from '../support/refresher-model.ts';

const PROPS = { tokenUrl: 'https://auth.example.com/token', parameterName: '/app/token' };
const newStack = () => new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Test');
const newTemplate = (props: (stack: Stack) => Partial<TokenRefresherProps> = () => ({})): Template => {
  const stack = newStack();
  new TokenRefresher(stack, 'Refresher', { ...PROPS, ...props(stack) });
  return Template.fromStack(stack);
};
const alarmsIn = (template: Template) => Object.values(template.findResources('AWS::CloudWatch::Alarm'));

describe('each alarm', () => {
  test('sends a message when it fires and when it recovers, if there is a topic', () => {
    const template = newTemplate((stack) => ({ notificationTopic: new Topic(stack, 'Topic') }));
    const announced = [{ Ref: expect.stringMatching(/^Topic/) }];
    expect(alarmsIn(template)).toHaveLength(ALARM_NAMES.length);
    for (const { Properties } of alarmsIn(template)) {
      expect([Properties.AlarmActions, Properties.OKActions]).toEqual([announced, announced]);
    }
  });

  test('has no action without a topic', () => {
    for (const { Properties } of alarmsIn(newTemplate()))
      expect(Properties).not.toHaveProperty('AlarmActions');
  });

  test('names the command to run, in a description that CloudWatch accepts', () => {
    for (const { Properties } of alarmsIn(newTemplate())) {
      const text = JSON.stringify(Properties.AlarmDescription);
      expect(text).toContain(`${COMMAND} doctor /app/token`);
      // CloudWatch allows 1024 characters.
      expect(text.length).toBeLessThan(1024);
    }
  });

  test.for(['PT1M', 'PT59M', 'PT1H', 'PT12H'])(
    'is valid in CloudWatch with a check every %s',
    (checkEvery) => {
      const alarms = Object.values(
        alarmsOf({ checkEvery: Duration.parse(checkEvery).toSeconds(), refreshBefore: 24 * 3600 }),
      );
      for (const { Period, EvaluationPeriods } of alarms) {
        // Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
        expect(Period % 60).toBe(0);
        expect(Period * EvaluationPeriods).toBeLessThanOrEqual((Period < 3600 ? 1 : 7) * 24 * 3600);
      }
    },
  );
});

describe('the synthesis', () => {
  test.for([
    ['warns', 26, /refreshBefore is PT26M.*at least PT27M/],
    ['does not warn', 27, undefined],
  ] as const)('%s if refreshBefore is %i minutes', ([, minutes, message]) => {
    const stack = newStack();
    new TokenRefresher(stack, 'Refresher', { ...PROPS, refreshBefore: Duration.minutes(minutes) });
    const warnings = Annotations.fromStack(stack).findWarning('*', Match.anyValue());
    expect(warnings.map(({ entry }) => String(entry.data))).toEqual(
      message === undefined ? [] : [expect.stringMatching(message)],
    );
  });
});

describe('the synthesis of a refresher', () => {
  test.for([
    ['PT5M', 'PT30M', 'info', 'up to 27 minutes, if tokens are valid for at least 1 hour.'],
    ['PT1M', 'PT10M', 'info', 'up to 7 minutes, if tokens are valid for at least 20 minutes.'],
    ['PT1H', 'PT1H1M', 'info', 'up to 10 minutes'],
    ['PT1M', 'PT3M', 'warning', 'refreshBefore is PT3M. With checkEvery PT1M, even a short outage'],
  ] as const)('with checkEvery %s and refreshBefore %s gives the %s "%s"', ([check, before, level, text]) => {
    const stack = newStack();
    const durations = { checkEvery: Duration.parse(check), refreshBefore: Duration.parse(before) };
    new TokenRefresher(stack, 'Refresher', { ...PROPS, ...durations });
    const annotations = Annotations.fromStack(stack);
    const found =
      level === 'info'
        ? annotations.findInfo('*', Match.anyValue())
        : annotations.findWarning('*', Match.anyValue());
    expect(found.map(({ entry }) => String(entry.data))).toContainEqual(expect.stringContaining(text));
  });
});

describe('the settings', () => {
  const templateOf = (entry: object): Template => {
    const settings = readSettings({ refreshers: { app: { ...PROPS, ...entry } } }).get('app');
    if (settings === undefined) throw new Error('no settings');
    const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } });
    return Template.fromStack(new RefresherStack(app, 'Test', settings));
  };

  test('create a topic for an email address, to which only alarms of this account may publish over TLS', () => {
    const template = templateOf({ notificationEmail: 'on-call@example.com' });
    template.hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'email',
      Endpoint: 'on-call@example.com',
    });
    template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: [
          Match.objectLike({
            Effect: 'Deny',
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          }),
          {
            Effect: 'Allow',
            Action: 'sns:Publish',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Resource: { Ref: Match.stringLikeRegexp('^Notifications') },
            Condition: {
              StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
              ArnLike: {
                'aws:SourceArn': Match.objectLike({ 'Fn::Join': ['', Match.arrayWith([':alarm:*'])] }),
              },
            },
          },
        ],
      },
    });
    for (const { Properties } of alarmsIn(template)) expect(Properties.AlarmActions).toHaveLength(1);
  });

  test('accept an existing topic', () => {
    const notificationTopic = 'arn:aws:sns:us-east-1:000000000000:on-call';
    const template = templateOf({ notificationTopic });
    template.resourceCountIs('AWS::SNS::Topic', 0);
    for (const { Properties } of alarmsIn(template))
      expect(Properties.AlarmActions).toEqual([notificationTopic]);
  });
});

test('a successful run never reports less validity than the threshold if tokens live for at least refreshBefore', () => {
  const minutes = (min: number, max: number) => fc.integer({ min, max }).map((value) => value * 60);
  fc.assert(
    fc.property(minutes(1, 720), minutes(0, 1_380), minutes(0, 3_000), (checkEvery, above, longer) => {
      const policy = { checkEvery, refreshBefore: checkEvery + 60 + above };
      const margin = refreshMargin(policy.refreshBefore + longer, policy);
      expect(margin - RUN_TIMEOUT_SECONDS).toBeGreaterThanOrEqual(expiryThreshold(policy));
    }),
  );
});

const SETTINGS: readonly (readonly [string, Setting])[] = [
  ['a check every minute', { checkEvery: 60, refreshBefore: 900, lifetime: 3_600 }],
  ['the defaults', { checkEvery: 300, refreshBefore: 1_800, lifetime: 3_600 }],
  ['a check every 15 minutes', { checkEvery: 900, refreshBefore: 4_200, lifetime: 8_400 }],
  ['a check every hour', { checkEvery: 3_600, refreshBefore: 4 * 3_600, lifetime: 24 * 3_600 }],
  [
    'the smallest refreshBefore that synthesizes without a warning',
    { checkEvery: 300, refreshBefore: leastMarginToPage(300), lifetime: 2 * leastMarginToPage(300) },
  ],
];
const alarmsFor = new Map(SETTINGS.map(([name, setting]) => [name, alarmsOf(setting)]));

const alarmsWith = (name: string) => {
  const alarms = alarmsFor.get(name);
  if (alarms === undefined) throw new Error(`no setting "${name}"`);
  return alarms;
};

describe.for(SETTINGS)('with %s', ([name, setting]) => {
  test.for<Fault>([
    'endpoint-down',
    'credentials-revoked',
    'throttled',
    'store-down',
    'schedule-off',
    'function-deleted',
    'log-lost',
  ])(
    '%s fires TokenExpiring before the token expires, however many periods CloudWatch retrieves',
    (fault) => {
      for (const extraPeriods of [1, 2, 3]) {
        const all = incidents(setting, alarmsWith(name), fault, Number.POSITIVE_INFINITY, extraPeriods);
        for (const { alarms, start, expiresAt } of all) {
          expect(firstAlarm(alarms.TokenExpiring)).toBeGreaterThan(start);
          expect(firstAlarm(alarms.TokenExpiring)).toBeLessThan(expiresAt - 60);
        }
      }
    },
  );

  test('TokenExpiring does not fire at the first deployment, because its creation waits for the first metric', () => {
    const alarm = alarmsWith(name).TokenExpiring;
    const { checkEvery, lifetime } = setting;
    const created = FROM + FIRST_METRIC_MS / 1000;
    // The latest moments: the schedule starts after the wait, its checks are a minute late, and the metrics take two minutes.
    const later = Array.from({ length: 5 }, (_, index) => created + (index + 1) * checkEvery + 60);
    const at = [FROM, ...later];
    const series = { at, visibleFrom: at.map((time) => time + 120), values: at.map(() => lifetime) };
    const transitions = (from: number) =>
      alarmTransitions(alarm, series, { from, until: later.at(-1) ?? from, extraPeriods: 2 });
    expect(transitions(created)).toEqual([]);
    expect(transitions(FROM)[0]).toEqual({ at: FROM, state: 'ALARM' });
  });

  test('no alarm fires in a healthy year', () => {
    const random = createRandom(1);
    const until = FROM + 365 * 24 * 3600;
    const model = modelRefresher({
      policy: setting,
      lifetime: setting.lifetime,
      from: FROM,
      until,
      random,
      fault: oneFailingCheckNowAndThen(setting, random),
    });
    expect(model.errors.length).toBeGreaterThan(50);
    // The documentation promises at least one period more than the alarm evaluates.
    const alarms = watch(alarmsWith(name), model, { from: FROM + 3600, until, extraPeriods: 1 });
    expect(alarms).toEqual({ TokenExpiring: [], RefreshFailing: [], DeadLetters: [], Throttled: [] });
  });
});

/** Every few days one check fails, with changing faults, and the next one succeeds. */
function oneFailingCheckNowAndThen({ refreshBefore }: RefreshPolicy, random: () => number) {
  const faults: readonly Fault[] = ['store-down', 'endpoint-down', 'throttled', 'log-lost'];
  let count = 0;
  let next = FROM + 24 * 3600;
  let failing: { readonly run: number; readonly fault: Fault | undefined } | undefined;
  return ({ at, expiresAt, run }: ModelCheck): Fault | undefined => {
    if (failing?.run === run) return failing.fault;
    const fault = faults[count % faults.length];
    const needsMint = fault === 'endpoint-down' || fault === 'throttled';
    if (at < next || (needsMint && expiresAt - at > refreshBefore)) return undefined;
    failing = { run, fault };
    count += 1;
    next = at + (2 + 4 * random()) * 24 * 3600;
    return fault;
  };
}

describe('an incident with the defaults', () => {
  const [name, setting] = SETTINGS[1] as (typeof SETTINGS)[number];
  const incidentsOf = (fault: Fault, lasts?: number) => incidents(setting, alarmsWith(name), fault, lasts);

  test('that takes the endpoint down for an hour warns, then pages, and recovers soon after the endpoint', () => {
    for (const { alarms, model, start, expiresAt } of incidentsOf('endpoint-down', 3_600)) {
      expect(firstAlarm(alarms.RefreshFailing)).toBeLessThan(firstAlarm(alarms.TokenExpiring) - 180);
      expect(firstAlarm(alarms.TokenExpiring)).toBeLessThan(expiresAt);
      const back = model.mints.find(({ at }) => at >= start + 3_600)?.at ?? Number.NaN;
      for (const alarm of ['TokenExpiring', 'RefreshFailing', 'DeadLetters'] as const) {
        const last = alarms[alarm].at(-1);
        expect([alarm, last?.state]).toEqual([alarm, 'OK']);
        expect((last?.at ?? 0) - back).toBeLessThan(30 * 60);
      }
      expect(alarms.Throttled).toEqual([]);
    }
  });

  test('that leaves events undelivered fires DeadLetters, not RefreshFailing', () => {
    for (const { alarms, expiresAt } of incidentsOf('function-deleted')) {
      expect(firstAlarm(alarms.DeadLetters)).toBeLessThan(expiresAt);
      expect(alarms.RefreshFailing).toEqual([]);
    }
  });

  test('that makes the endpoint answer 429 fires Throttled no later than RefreshFailing', () => {
    for (const { alarms } of incidentsOf('throttled')) {
      expect(firstAlarm(alarms.Throttled)).toBeLessThanOrEqual(firstAlarm(alarms.RefreshFailing));
      expect(firstAlarm(alarms.Throttled)).toBeLessThan(firstAlarm(alarms.TokenExpiring));
    }
  });
});

test('the log group accepts embedded metrics, and Lambda does not filter them', () => {
  const template = Template.fromJSON({ ...inject('deployable').template });
  template.hasResourceProperties('AWS::Logs::LogGroup', { LogGroupClass: Match.absent() });
  template.allResourcesProperties('AWS::Lambda::Function', {
    LoggingConfig: { ApplicationLogLevel: Match.absent() },
  });
});
