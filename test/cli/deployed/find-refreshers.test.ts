import { setImmediate } from 'node:timers/promises';
import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createClients } from '../../../cli/clients.ts';
import { fewAtATime } from '../../../cli/deployed/few-at-a-time.ts';
import { findRefreshers } from '../../../cli/deployed/find-refreshers.ts';
import { ENVIRONMENT } from '../../../lambda/shared/refresher-environment.ts';
import { type RecordingApi, startRecordingApi } from '../../support/recording-api.ts';

const ACCOUNT = 'arn:aws:cloudformation:us-east-1:123456789012:stack';
const TEMPLATE = JSON.stringify({
  Resources: {
    Function: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        Environment: { Variables: { [ENVIRONMENT.tokenUrl]: 'u', [ENVIRONMENT.parameterName]: '/a' } },
      },
    },
  },
});
const OTHERS = Array.from({ length: 60 }, (_, index) => `Other-${index}`);
const STACKS = [...OTHERS, 'TokenRefresher-a', 'Deleted', 'TokenRefresher-b'];

const result = (action: string, content: string) =>
  `<${action}Response><${action}Result>${content}</${action}Result></${action}Response>`;
const failure = (code: string) =>
  `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>why</Message></Error></ErrorResponse>`;

/** CloudFormation's answer to a read. `Deleted` is deleted after the list was read. */
function answerTo(body: URLSearchParams): string {
  const action = body.get('Action') ?? '';
  const stack = body.get('StackName') ?? '';
  if (stack === 'Deleted') return failure('ValidationError');
  const member = (content: string) => `<member>${content}</member>`;
  switch (action) {
    case 'ListStackResources': {
      const type = stack.startsWith('TokenRefresher-') ? 'Custom::TokenRemoval' : 'AWS::SNS::Topic';
      const resource = `<LogicalResourceId>R</LogicalResourceId><ResourceType>${type}</ResourceType>`;
      return result(action, `<StackResourceSummaries>${member(resource)}</StackResourceSummaries>`);
    }
    case 'GetTemplate':
      return result(action, `<TemplateBody><![CDATA[${TEMPLATE}]]></TemplateBody>`);
    default: {
      const isFirst = body.get('NextToken') === null;
      const page = isFirst ? STACKS.slice(0, 40) : STACKS.slice(40);
      const described = page.map((name) =>
        member(
          `<StackName>${name}</StackName><StackId>${ACCOUNT}/${name}/1</StackId><StackStatus>CREATE_COMPLETE</StackStatus>`,
        ),
      );
      const next = isFirst ? '<NextToken>2</NextToken>' : '';
      return result(action, `<Stacks>${described.join('')}</Stacks>${next}`);
    }
  }
}

/** Requests at once, and a second. More are throttled. */
const BURST = 5;
const RATE = 3;

describe('in an account with many stacks whose reads are throttled', () => {
  let api: RecordingApi;
  let cloudFormation: CloudFormationClient;
  let throttled: number;
  let underWay: number;
  let mostUnderWay: number;

  beforeEach(async () => {
    vi.useFakeTimers({ now: 1_800_000_000_000, toFake: ['Date', 'setTimeout', 'clearTimeout'] });
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    throttled = 0;
    underWay = 0;
    mostUnderWay = 0;
    let allowed = BURST;
    let last = Date.now();
    api = await startRecordingApi(({ body }, response) => {
      allowed = Math.min(BURST, allowed + ((Date.now() - last) / 1_000) * RATE);
      last = Date.now();
      const isThrottled = allowed < 1;
      allowed -= isThrottled ? 0 : 1;
      throttled += isThrottled ? 1 : 0;
      const answer = isThrottled ? failure('Throttling') : answerTo(new URLSearchParams(body));
      response.writeHead(answer.startsWith('<ErrorResponse') ? 400 : 200).end(answer);
    });
    vi.stubEnv('AWS_ENDPOINT_URL', api.url);
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'a');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'a');
    cloudFormation = createClients({ region: 'us-east-1' }, {}).cloudFormation;
    cloudFormation.middlewareStack.add(
      (next) => async (args) => {
        underWay += 1;
        mostUnderWay = Math.max(mostUnderWay, underWay);
        try {
          return await next(args);
        } finally {
          underWay -= 1;
        }
      },
      { step: 'finalizeRequest', priority: 'low', name: 'countUnderWay' },
    );
  });
  afterEach(async () => {
    vi.useRealTimers();
    vi.unstubAllEnvs();
    await api.stop();
  });

  /** Lets the fake time pass only while no request is under way. */
  async function inFakeTime<Value>(promise: Promise<Value>): Promise<Value> {
    let pending = true;
    const done = () => {
      pending = false;
    };
    promise.then(done, done);
    for (let quiet = 0; pending; quiet = underWay === 0 ? quiet + 1 : 0) {
      await setImmediate();
      if (quiet < 10) continue;
      await vi.advanceTimersToNextTimerAsync();
      // The SDK's waits may be shorter than the fake clock's millisecond.
      vi.advanceTimersByTime(1);
    }
    return promise;
  }

  test('all refreshers are found, and the reads slow down', async () => {
    const found = await inFakeTime(findRefreshers(cloudFormation, undefined));
    expect(found.map(({ name }) => name)).toEqual(['a', 'b']);
    expect(throttled).toBeGreaterThan(0);
    // Without slowing down, nearly every second request is throttled.
    expect(throttled).toBeLessThan(api.calls.length / 4);
  });
});

test('a failure stops the reads that have not started', async () => {
  let started = 0;
  const read = async (): Promise<void> => {
    started += 1;
    if (started === 2) throw new Error('why');
    await setImmediate();
  };
  await expect(fewAtATime(STACKS, read)).rejects.toThrow('why');
  for (let turn = 0; turn < 5; turn++) await setImmediate();
  expect(started).toBe(2);
});
