import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PutLogAlarmCommandInput } from '@aws-sdk/client-cloudwatch';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { refusal } from '../../testing/rejected.ts';
import { events } from './alarms.fixture.ts';

const GROUP = '/app/web';

async function role({ root: { iam }, managementAccount }: Cloud, Action: string[] = ['logs:*']) {
  const document = (statement: object) => JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  const { Role } = await iam.createRole({
    RoleName: 'query',
    AssumeRolePolicyDocument: document({
      Effect: 'Allow',
      Principal: { Service: 'logs.amazonaws.com' },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'aws:SourceAccount': managementAccount } },
    }),
  });
  const PolicyDocument = document({ Effect: 'Allow', Action, Resource: '*' });
  await iam.putRolePolicy({ RoleName: 'query', PolicyName: 'p', PolicyDocument });
  return Role!.Arn!;
}

async function prepared(actions?: string[]) {
  const cloud = await testCloud({ now: new Date('2026-03-01T12:00:00Z') });
  await cloud.root.logs.createLogGroup({ logGroupName: GROUP });
  await cloud.root.logs.createLogStream({ logGroupName: GROUP, logStreamName: 's' });
  return { cloud, ScheduledQueryRoleARN: await role(cloud, actions) };
}

async function write({ root: { logs }, now }: Cloud, ...messages: string[]) {
  const logEvents = messages.map((message) => ({ timestamp: now().getTime(), message }));
  await logs.putLogEvents({ logGroupName: GROUP, logStreamName: 's', logEvents });
}

function alarm(
  ScheduledQueryRoleARN: string,
  AggregationExpression: string,
  more: object = {},
): PutLogAlarmCommandInput {
  return {
    AlarmName: 'Errors',
    ScheduledQueryConfiguration: {
      QueryString: 'fields @message | filter @message like /ERROR/ | parse @message "host=* ms=*" as host, ms',
      LogGroupIdentifiers: [GROUP],
      ScheduledQueryRoleARN,
      AggregationExpression,
      ScheduleConfiguration: { ScheduleExpression: 'rate(5 minutes)', StartTimeOffset: 300 },
    },
    QueryResultsToEvaluate: 2,
    QueryResultsToAlarm: 1,
    Threshold: 1,
    ComparisonOperator: 'GreaterThanThreshold',
    ...more,
  };
}

/** To the next run, and until it has answered. */
async function run(cloud: Cloud) {
  cloud.advance('PT5M');
  for (let turn = 0; turn < 3; turn++) {
    await cloud.settle();
    cloud.advance('PT1S');
  }
  await cloud.settle();
  cloud.turnBack('PT3S');
  return described(cloud);
}

async function described({ root: { cloudwatch } }: Cloud) {
  const { LogAlarms } = await cloudwatch.describeAlarms({ AlarmNames: ['Errors'], AlarmTypes: ['LogAlarm'] });
  return LogAlarms?.[0];
}

test('a log alarm runs its query on schedule, judges M of N results, and says why', async () => {
  const { cloud, ScheduledQueryRoleARN } = await prepared();
  const input = alarm(ScheduledQueryRoleARN, 'count(*)');
  await cloud.root.cloudwatch.putLogAlarm(input);
  const made = await described(cloud);
  assert.deepEqual(made?.ScheduledQueryConfiguration, input.ScheduledQueryConfiguration);
  assert.deepEqual(
    [made?.StateValue, made?.QueryResultsToAlarm, made?.TreatMissingData],
    ['INSUFFICIENT_DATA', 1, 'missing'],
  );
  assert.equal((await run(cloud))?.StateValue, 'INSUFFICIENT_DATA', 'one of two results');
  assert.equal((await run(cloud))?.StateValue, 'OK', 'nothing counts as 0');
  await write(cloud, 'ERROR host=a ms=5', 'ERROR host=b ms=9', 'fine');
  const on = await run(cloud);
  assert.equal(on?.StateValue, 'ALARM');
  assert.equal(
    on.StateReason,
    'Threshold Crossed: 1 out of the last 2 query results [2.0 (01/03/26 12:15:00)] was greater than the threshold ' +
      '(1.0) (minimum 1 datapoint for OK -> ALARM transition).',
  );
  const { results } = JSON.parse(on.StateReasonData!);
  assert.deepEqual(
    results.map(({ value, status }: { value: number; status: string }) => [value, status]),
    [
      [2, 'COMPLETE'],
      [0, 'COMPLETE'],
    ],
  );
  const changes = await events(cloud, 'CloudWatch Alarm State Change');
  assert.deepEqual(
    changes.map(({ detail }) => detail.state.value),
    ['OK', 'ALARM'],
  );
  await run(cloud);
  assert.equal((await run(cloud))?.StateValue, 'OK');
  const { AlarmHistoryItems } = await cloud.root.cloudwatch.describeAlarmHistory({ AlarmName: 'Errors' });
  assert.equal(AlarmHistoryItems?.[0]?.AlarmType, 'LogAlarm');
  await cloud.root.cloudwatch.deleteAlarms({ AlarmNames: ['Errors'] });
  assert.equal(await run(cloud), undefined);
});

test('each contributor is judged by itself; one that is gone is all right', async () => {
  const { cloud, ScheduledQueryRoleARN } = await prepared();
  const more = { QueryResultsToEvaluate: 1, Threshold: 7 };
  await cloud.root.cloudwatch.putLogAlarm(alarm(ScheduledQueryRoleARN, 'avg(ms) by host | sort desc', more));
  await write(cloud, 'ERROR host=a ms=5', 'ERROR host=b ms=9', 'ERROR host=b ms=11', 'ERROR host=c ms=8');
  const on = await run(cloud);
  assert.deepEqual([on?.StateValue, on?.StateReason], ['ALARM', '2 out of 3 contributors evaluated to ALARM']);
  const told = async () =>
    (await cloud.root.cloudwatch.describeAlarmContributors({ AlarmName: 'Errors' })).AlarmContributors;
  assert.deepEqual(
    (await told())?.map(({ ContributorAttributes }) => ({ ...ContributorAttributes })),
    [{ host: 'b' }, { host: 'c' }],
  );
  await write(cloud, 'ERROR host=a ms=5');
  assert.equal((await run(cloud))?.StateValue, 'OK');
  assert.deepEqual(await told(), []);
});

test('what the role may not query is an evaluation error; another query begins anew', async () => {
  const { cloud, ScheduledQueryRoleARN } = await prepared(['logs:DescribeLogGroups']);
  const { cloudwatch, iam } = cloud.root;
  const one = { QueryResultsToEvaluate: 1 };
  await cloudwatch.putLogAlarm(alarm(ScheduledQueryRoleARN, 'count(*)', one));
  const broken = await run(cloud);
  assert.deepEqual([broken?.StateValue, broken?.EvaluationState], ['INSUFFICIENT_DATA', 'EVALUATION_ERROR']);
  assert.match(broken!.StateReason!, /not authorized to perform: logs:StartQuery/);
  const Statement = [{ Effect: 'Allow', Action: 'logs:*', Resource: '*' }];
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
  await iam.putRolePolicy({ RoleName: 'query', PolicyName: 'p', PolicyDocument });
  const better = await run(cloud);
  assert.deepEqual([better?.StateValue, better?.EvaluationState], ['OK', undefined]);
  await cloudwatch.putLogAlarm(alarm(ScheduledQueryRoleARN, 'count(*)', { ...one, Threshold: 9 }));
  assert.equal((await described(cloud))?.StateValue, 'OK');
  await cloudwatch.putLogAlarm(alarm(ScheduledQueryRoleARN, 'max(ms)', one));
  assert.equal((await described(cloud))?.StateValue, 'INSUFFICIENT_DATA');
});

test('log alarms that make no sense are refused, and who may not pass the role', async () => {
  const { cloud, ScheduledQueryRoleARN } = await prepared();
  const { cloudwatch } = cloud.root;
  const make = (expression: string, more: object = {}) =>
    cloudwatch.putLogAlarm(alarm(ScheduledQueryRoleARN, expression, more));
  const { ScheduledQueryConfiguration: query } = alarm(ScheduledQueryRoleARN, 'count(*)');
  const queried = (changes: object) => ({ ScheduledQueryConfiguration: { ...query, ...changes } });
  for (const expression of ['', 'median(ms)', 'count(*) by bin(5m)', 'count(*) by a,b,c,d,e,f', 'count(*) | limit 5']) {
    await refusal(make(expression), 'Validation');
  }
  const wrong: object[] = [
    { QueryResultsToEvaluate: 0 },
    { QueryResultsToEvaluate: 101 },
    { QueryResultsToAlarm: 3 },
    { ComparisonOperator: 'GreaterThanUpperThreshold' },
    { TreatMissingData: 'perhaps' },
    queried({ LogGroupIdentifiers: [] }),
    queried({ ScheduledQueryRoleARN: 'role' }),
    queried({ ScheduleConfiguration: { ScheduleExpression: 'cron(0 10 * * ? *)', StartTimeOffset: 300 } }),
    queried({
      ScheduleConfiguration: { ScheduleExpression: 'rate(5 minutes)', StartTimeOffset: 60, EndTimeOffset: 60 },
    }),
  ];
  for (const more of wrong) await refusal(make('count(*)', more), 'Validation');
  await refusal(make('count(*)', { ActionLogLineCount: 5 }), 'NotImplemented');
  const maker = await cloud.user('maker', {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'cloudwatch:*', Resource: '*' }],
  });
  const passing = await refusal(maker.cloudwatch.putLogAlarm(alarm(ScheduledQueryRoleARN, 'count(*)')), 'AccessDenied');
  assert.match(passing.message, /iam:PassRole/);
});
