import {
  DescribeAlarmHistoryCommand,
  DescribeAlarmsCommand,
  type MetricAlarm,
} from '@aws-sdk/client-cloudwatch';
import {
  GetScheduleCommand,
  type ScheduleState,
  UpdateScheduleCommand,
  type UpdateScheduleCommandInput,
} from '@aws-sdk/client-scheduler';
import { alarmPeriod, DELIVERY_SECONDS, RETRIEVED_PERIODS } from '../../../lambda/shared/alarm-thresholds.ts';
import { findResource } from '../../../local/deploy-local/stack-resources.ts';
import { waitFor } from '../../../local/deploy-local/wait-for.ts';
import type { TestRun } from '../test-run.ts';

/** Milliseconds: 3 or 4 periods of 2 minutes, and some minutes of delay. */
const STATE_WITHIN = 1_500_000;
const LOOK_EVERY = 10_000;

/** Seconds of `checkEvery`, see main.ts. */
const PERIOD = alarmPeriod(60);

type AlarmName = 'TokenExpiring' | 'RefreshFailing' | 'Throttled';

/** Lets the endpoint fail, then stops the schedule, and measures how long the alarms take. */
export async function waitForAlarms(run: TestRun): Promise<string> {
  if (run.account.isEmulator)
    return 'not asked: it would take half an hour, and MiniStack evaluates alarms differently';
  await recordQuietStart(run);
  await recordFailing(run);
  await untilState(run, 'TokenExpiring', 'OK');
  await recordSilence(run);
  return 'fired and recovered';
}

async function recordQuietStart(run: TestRun): Promise<void> {
  const { account, findings } = run;
  const { AlarmHistoryItems: items = [] } = await account.clients.cloudWatch.send(
    new DescribeAlarmHistoryCommand({
      AlarmName: await physicalName(run, 'TokenExpiring'),
      HistoryItemType: 'StateUpdate',
    }),
  );
  const fired = items.filter(
    ({ HistoryData: data = '{}' }) => JSON.parse(data).newState?.stateValue === 'ALARM',
  );
  findings.record('quietStart', `fired ${fired.length} times`, fired.length === 0);
}

async function recordFailing(run: TestRun): Promise<void> {
  const { server, findings } = run;
  const both = async (state: 'ALARM' | 'OK') => {
    const startedAt = Date.now();
    const alarms = ['RefreshFailing', 'Throttled'] as const;
    const times = alarms.map(async (alarm) => {
      await untilState(run, alarm, state);
      return `${alarm} ${minutesSince(startedAt)}`;
    });
    return (await Promise.all(times)).join(', ');
  };
  await server.answerWith('limit');
  try {
    findings.record('failingFires', await both('ALARM'), true);
  } finally {
    await server.answerWith('issue');
  }
  findings.record('failingRecovers', await both('OK'), true);
}

async function recordSilence(run: TestRun): Promise<void> {
  const { findings } = run;
  const stoppedAt = Date.now();
  await setSchedule(run, 'DISABLED');
  const { StateReason: reason = '' } = await untilState(run, 'TokenExpiring', 'ALARM');
  const seconds = (Date.now() - stoppedAt) / 1_000;
  const holds = seconds <= RETRIEVED_PERIODS * PERIOD + DELIVERY_SECONDS;
  const seen = `${minutesSince(stoppedAt)}, ${(seconds / PERIOD).toFixed(1)} periods. CloudWatch: ${reason}`;
  findings.record('missingPeriods', seen, holds);
  const startedAt = Date.now();
  await setSchedule(run, 'ENABLED');
  await untilState(run, 'TokenExpiring', 'OK');
  findings.record('silenceRecovers', minutesSince(startedAt), true);
}

async function untilState(run: TestRun, alarm: AlarmName, state: 'ALARM' | 'OK'): Promise<MetricAlarm> {
  const { account, signal } = run;
  const name = await physicalName(run, alarm);
  const look = async () => {
    const { MetricAlarms: [found] = [] } = await account.clients.cloudWatch.send(
      new DescribeAlarmsCommand({ AlarmNames: [name] }),
    );
    return found?.StateValue === state ? found : undefined;
  };
  return waitFor(`${alarm} in state ${state}`, look, { within: STATE_WITHIN, every: LOOK_EVERY, signal });
}

async function physicalName({ app }: TestRun, alarm: AlarmName): Promise<string> {
  return findResource(await app.resources(), 'AWS::CloudWatch::Alarm', alarm);
}

async function setSchedule({ account, app }: TestRun, State: ScheduleState): Promise<void> {
  const { scheduler } = account.clients;
  const resources = await app.resources();
  const schedule = await scheduler.send(
    new GetScheduleCommand({
      Name: findResource(resources, 'AWS::Scheduler::Schedule'),
      GroupName: findResource(resources, 'AWS::Scheduler::ScheduleGroup'),
    }),
  );
  const { Name, GroupName, Description, ScheduleExpression, FlexibleTimeWindow, Target } = schedule;
  // An update replaces the whole schedule.
  const settings = { Name, GroupName, Description, ScheduleExpression, FlexibleTimeWindow, Target, State };
  await scheduler.send(new UpdateScheduleCommand(settings as UpdateScheduleCommandInput));
}

function minutesSince(startedAt: number): string {
  return `${((Date.now() - startedAt) / 60_000).toFixed(1)} min`;
}
