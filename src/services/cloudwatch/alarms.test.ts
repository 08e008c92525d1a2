import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PutMetricAlarmCommandInput } from '@aws-sdk/client-cloudwatch';
import { tasks } from '../../core/tasks.ts';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { errorOf } from './fixtures.ts';

const TOPIC = 'arn:aws:sns:us-east-1:111122223333:alerts';

const ALARM: PutMetricAlarmCommandInput = {
  AlarmName: 'TooMany',
  Namespace: 'Shop',
  MetricName: 'Errors',
  Dimensions: [{ Name: 'Host', Value: 'a' }],
  Statistic: 'Sum',
  Period: 60,
  EvaluationPeriods: 1,
  Threshold: 5,
  ComparisonOperator: 'GreaterThanThreshold',
};

const put = (cloud: Cloud, Value: number, more: object = {}) =>
  cloud.root.cloudwatch.putMetricData({
    Namespace: 'Shop',
    MetricData: [{ MetricName: 'Errors', Dimensions: ALARM.Dimensions, Value, ...more }],
  });

const alarm = (cloud: Cloud, changes: Partial<PutMetricAlarmCommandInput> = {}) =>
  cloud.root.cloudwatch.putMetricAlarm({ ...ALARM, ...changes });

async function described(cloud: Cloud, name = 'TooMany') {
  const { MetricAlarms, CompositeAlarms } = await cloud.root.cloudwatch.describeAlarms({
    AlarmNames: [name],
    AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
  });
  return { ...MetricAlarms?.[0], ...CompositeAlarms?.[0] };
}

async function state(cloud: Cloud, name = 'TooMany') {
  return (await described(cloud, name)).StateValue;
}

async function pass(cloud: Cloud, duration = 'PT1M') {
  cloud.advance(duration);
  await cloud.settle();
}

async function minute(cloud: Cloud, value: number | undefined) {
  if (value !== undefined) await put(cloud, value);
  await pass(cloud);
  return state(cloud);
}

const evaluations = (cloud: Cloud) =>
  cloud.deps.store.transaction(async (tx) => (await tx.list(tasks, ['cloudwatch.evaluate'], { limit: 100 })).rows);

/** Events of the plane, as EventBridge sees them. */
async function events(cloud: Cloud, type: string) {
  const rows = await cloud.deps.store.journal.read(0, 100_000);
  const all = rows.filter(({ kind }) => kind === 'event').map(({ body }) => JSON.parse(body));
  return all.filter((event) => event['detail-type'] === type);
}

test('PutMetricAlarm is read back as it was written, and begins without data', async () => {
  const cloud = await testCloud();
  await alarm(cloud, { AlarmDescription: 'd', AlarmActions: [TOPIC], Tags: [{ Key: 'k', Value: 'v' }] });
  const found = await described(cloud);
  for (const [name, value] of Object.entries({
    ...ALARM,
    AlarmDescription: 'd',
    AlarmActions: [TOPIC],
    OKActions: [],
  })) {
    assert.deepEqual((found as Record<string, unknown>)[name], value, name);
  }
  assert.equal(found.AlarmArn, 'arn:aws:cloudwatch:us-east-1:111122223333:alarm:TooMany');
  assert.equal(found.ActionsEnabled, true);
  assert.equal(found.StateValue, 'INSUFFICIENT_DATA');
  assert.equal(found.StateReason, 'Unchecked: Initial alarm creation');
  assert.equal(found.TreatMissingData, undefined);
  const { Tags } = await cloud.root.cloudwatch.listTagsForResource({ ResourceARN: found.AlarmArn });
  assert.deepEqual(Tags, [{ Key: 'k', Value: 'v' }]);
});

test('an alarm goes through its states as data come and stop, in AWS sentences', async () => {
  const cloud = await testCloud({ now: new Date('2030-01-01T10:00:00Z') });
  await alarm(cloud, { DatapointsToAlarm: 1 });
  assert.equal(await minute(cloud, 6), 'ALARM');
  const found = await described(cloud);
  assert.equal(
    found.StateReason,
    'Threshold Crossed: 1 out of the last 1 datapoints [6.0 (01/01/30 10:00:00)] was greater than the threshold (5.0) (minimum 1 datapoint for OK -> ALARM transition).',
  );
  assert.deepEqual(JSON.parse(found.StateReasonData!), {
    version: '1.0',
    queryDate: '2030-01-01T10:01:00.000+0000',
    startDate: '2030-01-01T10:00:00.000+0000',
    statistic: 'Sum',
    period: 60,
    recentDatapoints: [6],
    threshold: 5,
    evaluatedDatapoints: [{ timestamp: '2030-01-01T10:00:00.000+0000', sampleCount: 1, value: 6 }],
  });
  assert.equal(await minute(cloud, 5), 'OK');
  assert.match((await described(cloud)).StateReason!, /was not greater than the threshold \(5\.0\)/);
  for (let n = 0; n < 3; n++) await pass(cloud);
  assert.equal(await state(cloud), 'INSUFFICIENT_DATA');
  assert.equal((await described(cloud)).StateReason, 'Insufficient Data: 1 datapoint was unknown.');
});

test('without DatapointsToAlarm the sentence is the short one', async () => {
  const cloud = await testCloud({ now: new Date('2030-01-01T10:00:00Z') });
  await alarm(cloud, { EvaluationPeriods: 2, TreatMissingData: 'notBreaching' });
  await minute(cloud, undefined);
  assert.equal(
    (await described(cloud)).StateReason,
    'Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as [NonBreaching].',
  );
  await minute(cloud, 7);
  assert.equal(await minute(cloud, 8), 'ALARM');
  assert.equal(
    (await described(cloud)).StateReason,
    'Threshold Crossed: 2 datapoints [8.0 (01/01/30 10:02:00), 7.0 (01/01/30 10:01:00)] were greater than the threshold (5.0).',
  );
});

test('M out of N goes off with enough breaches among the last', async () => {
  const cloud = await testCloud();
  await alarm(cloud, { EvaluationPeriods: 3, DatapointsToAlarm: 2 });
  const states = [];
  for (const value of [9, 1, 1, 9, 1, 9, 1, 1]) states.push(await minute(cloud, value));
  assert.deepEqual(states, ['INSUFFICIENT_DATA', 'OK', 'OK', 'OK', 'OK', 'ALARM', 'OK', 'OK']);
});

test('an alarm without data sleeps, and is woken by data, also by data from the future', async () => {
  const cloud = await testCloud();
  await alarm(cloud, { TreatMissingData: 'notBreaching' });
  await pass(cloud);
  assert.equal(await state(cloud), 'OK');
  assert.deepEqual(await evaluations(cloud), []);
  await pass(cloud, 'P3D');
  assert.deepEqual(await evaluations(cloud), []);
  await put(cloud, 9, { Timestamp: new Date(cloud.now().getTime() + 3_600_000) });
  await pass(cloud);
  assert.equal(await state(cloud), 'OK');
  await pass(cloud, 'PT1H');
  assert.equal(await state(cloud), 'ALARM');
  for (let n = 0; n < 4; n++) await pass(cloud);
  assert.equal(await state(cloud), 'OK');
  assert.deepEqual(await evaluations(cloud), []);
  await cloud.root.cloudwatch.setAlarmState({ AlarmName: 'TooMany', StateValue: 'ALARM', StateReason: 'drill' });
  assert.equal(await state(cloud), 'ALARM');
  await pass(cloud);
  assert.equal(await state(cloud), 'OK', 'an alarm set by hand goes back to its own state');
});

test('high-resolution alarms look every ten seconds', async () => {
  const cloud = await testCloud();
  await alarm(cloud, { Period: 10 });
  await put(cloud, 9, { StorageResolution: 1 });
  await pass(cloud, 'PT10S');
  assert.equal(await state(cloud), 'ALARM');
  await put(cloud, 1, { StorageResolution: 1 });
  await pass(cloud, 'PT10S');
  assert.equal(await state(cloud), 'OK');
});

test('alarms watch expressions', async () => {
  const cloud = await testCloud();
  const { Namespace, MetricName, Dimensions } = ALARM;
  const metric = (Stat: string) => ({ Metric: { Namespace, MetricName, Dimensions }, Period: 60, Stat });
  await cloud.root.cloudwatch.putMetricAlarm({
    AlarmName: 'Ratio',
    Metrics: [
      { Id: 'e1', Expression: 'm1 / m2 * 100', Label: 'share' },
      { Id: 'm1', MetricStat: metric('Sum'), ReturnData: false },
      { Id: 'm2', MetricStat: metric('SampleCount'), ReturnData: false },
    ],
    EvaluationPeriods: 1,
    Threshold: 500,
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
  });
  await put(cloud, 9);
  await put(cloud, 1);
  await pass(cloud);
  assert.equal(await state(cloud, 'Ratio'), 'ALARM');
  const change = (await events(cloud, 'CloudWatch Alarm State Change'))[0];
  assert.deepEqual(change.detail.configuration.metrics[0], {
    id: 'e1',
    expression: 'm1 / m2 * 100',
    label: 'share',
    returnData: true,
  });
  assert.equal(change.detail.configuration.metrics[1].metricStat.metric.dimensions.Host, 'a');
});

test('EventBridge hears of alarms made, changed, gone, and of their states', async () => {
  const cloud = await testCloud({ now: new Date('2030-01-01T10:00:00Z') });
  await alarm(cloud);
  await alarm(cloud, { Threshold: 2 });
  await minute(cloud, 3);
  await cloud.root.cloudwatch.deleteAlarms({ AlarmNames: ['TooMany'] });
  const changes = await events(cloud, 'CloudWatch Alarm Configuration Change');
  assert.deepEqual(
    changes.map(({ detail }) => [
      detail.operation,
      detail.configuration.threshold,
      detail.previousConfiguration?.threshold,
    ]),
    [
      ['create', 5, undefined],
      ['update', 2, 5],
      ['delete', 2, undefined],
    ],
  );
  const [change] = await events(cloud, 'CloudWatch Alarm State Change');
  assert.equal(change.source, 'aws.cloudwatch');
  assert.deepEqual(change.resources, ['arn:aws:cloudwatch:us-east-1:111122223333:alarm:TooMany']);
  const { state: now, previousState: before, configuration, alarmName } = change.detail;
  assert.equal(alarmName, 'TooMany');
  assert.deepEqual([now.value, now.timestamp], ['ALARM', '2030-01-01T10:01:00.000+0000']);
  assert.deepEqual(before, {
    value: 'INSUFFICIENT_DATA',
    reason: 'Unchecked: Initial alarm creation',
    timestamp: '2030-01-01T10:00:00.000+0000',
  });
  assert.deepEqual(configuration.metrics[0].metricStat, {
    metric: { namespace: 'Shop', name: 'Errors', dimensions: { Host: 'a' } },
    period: 60,
    stat: 'Sum',
  });
});

test('DescribeAlarmHistory tells what happened, newest first, for 30 days', async () => {
  const cloud = await testCloud();
  await alarm(cloud);
  await minute(cloud, 9);
  await minute(cloud, 1);
  const history = async (options: object = {}) => {
    const { AlarmHistoryItems } = await cloud.root.cloudwatch.describeAlarmHistory({
      AlarmName: 'TooMany',
      ...options,
    });
    return AlarmHistoryItems!.map(({ HistorySummary }) => HistorySummary);
  };
  const all = [
    'Alarm updated from ALARM to OK',
    'Alarm updated from INSUFFICIENT_DATA to ALARM',
    'Alarm "TooMany" created',
  ];
  assert.deepEqual(await history(), all);
  assert.deepEqual(await history({ ScanBy: 'TimestampAscending' }), all.toReversed());
  assert.deepEqual(await history({ HistoryItemType: 'ConfigurationUpdate' }), all.slice(2));
  const half = new Date(cloud.now().getTime() - 60_000);
  assert.deepEqual(await history({ StartDate: half }), all.slice(0, 2));
  assert.deepEqual(await history({ EndDate: half }), all.slice(1));
  assert.deepEqual(await history({ AlarmName: undefined, AlarmTypes: ['MetricAlarm'] }), all);
  const page = await cloud.root.cloudwatch.describeAlarmHistory({ AlarmName: 'TooMany', MaxRecords: 2 });
  assert.deepEqual(await history({ NextToken: page.NextToken }), all.slice(2));
  const { HistoryData } = page.AlarmHistoryItems![0]!;
  assert.equal(JSON.parse(HistoryData!).newState.stateValue, 'OK');
  await pass(cloud, 'P31D');
  assert.deepEqual(
    (await history()).filter((summary) => all.includes(summary!)),
    [],
  );
});

test('PutMetricAlarm refuses what cannot be, in AWS words', async () => {
  const cloud = await testCloud();
  const metric = { Metric: { Namespace: 'n', MetricName: 'm' }, Period: 60, Stat: 'Sum' };
  const none = {
    MetricName: undefined,
    Namespace: undefined,
    Dimensions: undefined,
    Statistic: undefined,
    Period: undefined,
  };
  const cases: [Partial<PutMetricAlarmCommandInput>, RegExp][] = [
    [{ Period: 61 }, /^Period must be 10, 20, 30 or a multiple of 60$/],
    [
      { EvaluationPeriods: 1441 },
      /^Metrics cannot be checked across more than a day \(EvaluationPeriods \* Period must be <= 86400\)\.$/,
    ],
    [{ Period: 3600, EvaluationPeriods: 169 }, /more than seven days/],
    [{ EvaluationPeriods: 1, DatapointsToAlarm: 2 }, /DatapointsToAlarm must be less than or equal/],
    [{ ExtendedStatistic: 'p99' }, /mutually exclusive/],
    [{ Statistic: undefined, ExtendedStatistic: 'p101' }, /p101/],
    [{ Threshold: undefined }, /Threshold is required/],
    [{ TreatMissingData: 'maybe' }, /TreatMissingData/],
    [{ AlarmActions: ['nonsense'] }, /^Invalid arn syntax: nonsense$/],
    [
      { AlarmActions: [TOPIC.replace('us-east-1', 'eu-west-1')] },
      /^Invalid region eu-west-1 specified\. Only us-east-1 is supported\.$/,
    ],
    [{ ComparisonOperator: 'GreaterThanUpperThreshold' }, /anomaly detection model/],
    [{ Metrics: [{ Id: 'm1', MetricStat: metric }] }, /mutually exclusive/],
    [
      {
        ...none,
        Metrics: [
          { Id: 'm1', MetricStat: metric },
          { Id: 'm2', MetricStat: metric },
        ],
      },
      /^Exactly one element of the metrics list should return data\.$/,
    ],
    [{ ...none, Metrics: [{ Id: 'e1', Expression: "SEARCH('x', 'Sum')" }] }, /SEARCH is not supported/],
    [{ ...none }, /MetricName/],
    [{ EvaluationWindow: { WallClockWindow: {} }, Period: 120 }, /WallClockWindow supports the periods/],
    [{ WarmUpConfiguration: { WarmUpPeriodDurationInMinutes: 3000 } }, /between 1 and 2880/],
  ];
  for (const [changes, message] of cases) {
    const error = await errorOf(alarm(cloud, changes));
    assert.match(error.message, message);
    assert.match(error.name, /^Validation/);
  }
  for (const action of [
    'arn:aws:lambda:us-east-1:111122223333:function:f',
    'arn:aws:automate:us-east-1:ec2:stop',
    'arn:aws:ssm:us-east-1:111122223333:opsitem:1',
  ]) {
    const error = await errorOf(alarm(cloud, { AlarmActions: [action] }));
    assert.equal(error.name, 'NotImplemented');
    assert.match(error.message, /alarm actions of (lambda|automate|ssm)/);
  }
  const promQl = { PromQLCriteria: { Query: 'up' } };
  assert.equal((await errorOf(alarm(cloud, { ...none, EvaluationCriteria: promQl }))).name, 'NotImplemented');
  assert.deepEqual((await cloud.root.cloudwatch.describeAlarms({})).MetricAlarms, []);
});

test('DescribeAlarms filters and pages; DescribeAlarmsForMetric finds those of a metric', async () => {
  const cloud = await testCloud();
  const { cloudwatch } = cloud.root;
  for (const name of ['a-1', 'a-2', 'b-1']) {
    await alarm(cloud, {
      AlarmName: name,
      ...(name === 'a-2' && { AlarmActions: [TOPIC], Statistic: 'Average' as const }),
    });
  }
  const names = async (input: object) =>
    (await cloudwatch.describeAlarms(input)).MetricAlarms?.map((each) => each.AlarmName);
  assert.deepEqual(await names({}), ['a-1', 'a-2', 'b-1']);
  assert.deepEqual(await names({ AlarmNamePrefix: 'a-' }), ['a-1', 'a-2']);
  assert.deepEqual(await names({ ActionPrefix: 'arn:aws:sns' }), ['a-2']);
  assert.deepEqual(await names({ StateValue: 'OK' }), []);
  assert.deepEqual(await names({ AlarmNames: ['b-1', 'nope'] }), ['b-1']);
  const first = await cloudwatch.describeAlarms({ MaxRecords: 2 });
  assert.deepEqual(await names({ MaxRecords: 2, NextToken: first.NextToken }), ['b-1']);
  assert.equal((await errorOf(cloudwatch.describeAlarms({ NextToken: '!' }))).name, 'InvalidNextToken');
  const { Namespace, MetricName, Dimensions } = ALARM;
  const of = { Namespace, MetricName, Dimensions };
  assert.equal((await cloudwatch.describeAlarmsForMetric(of)).MetricAlarms?.length, 3);
  const averages = await cloudwatch.describeAlarmsForMetric({ ...of, Statistic: 'Average' });
  assert.deepEqual(
    averages.MetricAlarms?.map((each) => each.AlarmName),
    ['a-2'],
  );
  assert.equal((await cloudwatch.describeAlarmsForMetric({ ...of, Dimensions: [] })).MetricAlarms?.length, 0);
});

test('SetAlarmState, EnableAlarmActions, DisableAlarmActions, DeleteAlarms', async () => {
  const cloud = await testCloud();
  const { cloudwatch } = cloud.root;
  await alarm(cloud);
  const set = { AlarmName: 'TooMany', StateValue: 'ALARM', StateReason: 'drill' } as const;
  assert.equal((await errorOf(cloudwatch.setAlarmState({ ...set, AlarmName: 'nope' }))).name, 'ResourceNotFound');
  assert.equal((await errorOf(cloudwatch.setAlarmState({ ...set, StateReasonData: '{' }))).name, 'InvalidFormatFault');
  await cloudwatch.setAlarmState({ ...set, StateReasonData: '{"a":1}' });
  assert.deepEqual(
    [(await described(cloud)).StateValue, (await described(cloud)).StateReasonData],
    ['ALARM', '{"a":1}'],
  );
  await cloudwatch.disableAlarmActions({ AlarmNames: ['TooMany', 'nope'] });
  assert.equal((await described(cloud)).ActionsEnabled, false);
  await cloudwatch.enableAlarmActions({ AlarmNames: ['TooMany'] });
  assert.equal((await described(cloud)).ActionsEnabled, true);
  assert.equal((await errorOf(cloudwatch.deleteAlarms({ AlarmNames: ['TooMany', 'nope'] }))).name, 'ResourceNotFound');
  assert.equal(await state(cloud), 'ALARM', 'nothing was deleted');
  await cloudwatch.deleteAlarms({ AlarmNames: ['TooMany'] });
  assert.equal(await state(cloud), undefined);
  assert.deepEqual(await evaluations(cloud), []);
});

test('percentile alarms may wait for enough samples', async () => {
  const cloud = await testCloud();
  await alarm(cloud, { Statistic: undefined, ExtendedStatistic: 'p90', EvaluateLowSampleCountPercentile: 'ignore' });
  await put(cloud, 0, { Value: undefined, Values: [9], Counts: [99] });
  await pass(cloud);
  assert.equal(await state(cloud), 'INSUFFICIENT_DATA');
  await put(cloud, 0, { Value: undefined, Values: [9], Counts: [100] });
  await pass(cloud);
  assert.equal(await state(cloud), 'ALARM');
});

test('a wall-clock window looks at whole days of its time zone', async () => {
  const cloud = await testCloud({ now: new Date('2030-03-09T12:00:00Z') });
  await alarm(cloud, {
    Period: 86_400,
    EvaluationWindow: { WallClockWindow: { Timezone: 'America/New_York' } },
    TreatMissingData: 'notBreaching',
  });
  await put(cloud, 9);
  cloud.advance('PT16H');
  await cloud.settle();
  assert.equal(await state(cloud), 'OK', 'the day is not over: it is 23:00 in New York');
  await pass(cloud, 'PT1H');
  assert.equal(await state(cloud), 'ALARM');
  await pass(cloud, 'PT22H59M');
  assert.equal(await state(cloud), 'ALARM', 'the day on which clocks go forward has 23 hours');
  await pass(cloud, 'PT1M');
  assert.equal(await state(cloud), 'OK');
});

test('a warm-up period keeps an alarm from looking', async () => {
  const cloud = await testCloud();
  const WarmUpConfiguration = { WarmUpPeriodDurationInMinutes: 5, OnlyStartEvaluatingAfterWarmUpPeriodEnds: true };
  await alarm(cloud, { TreatMissingData: 'breaching', WarmUpConfiguration });
  await pass(cloud);
  assert.deepEqual([await state(cloud), (await described(cloud)).EvaluationState], ['INSUFFICIENT_DATA', 'IN_WARM_UP']);
  await pass(cloud, 'PT4M');
  assert.deepEqual([await state(cloud), (await described(cloud)).EvaluationState], ['ALARM', undefined]);
});

test('alarms may be allowed by tag, and by their actions', async () => {
  const cloud = await testCloud();
  await alarm(cloud, { Tags: [{ Key: 'team', Value: 'a' }] });
  const allow = (Action: string, Condition: object) => ({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action, Resource: '*', Condition }],
  });
  const byTag = { StringEquals: { 'aws:ResourceTag/team': 'a' } };
  const a = await cloud.user('a', allow('cloudwatch:DisableAlarmActions', byTag));
  const b = await cloud.user(
    'b',
    allow('cloudwatch:DisableAlarmActions', { StringEquals: { 'aws:ResourceTag/team': 'b' } }),
  );
  await a.cloudwatch.disableAlarmActions({ AlarmNames: ['TooMany'] });
  assert.match((await errorOf(b.cloudwatch.disableAlarmActions({ AlarmNames: ['TooMany'] }))).name, /AccessDenied/);
  const onlyTopic = { 'ForAllValues:StringEquals': { 'cloudwatch:AlarmActions': [TOPIC] } };
  const c = await cloud.user('c', allow('cloudwatch:PutMetricAlarm', onlyTopic));
  await c.cloudwatch.putMetricAlarm({ ...ALARM, AlarmName: 'mine', AlarmActions: [TOPIC] });
  const other = { ...ALARM, AlarmName: 'mine', AlarmActions: [`${TOPIC}2`] };
  assert.match((await errorOf(c.cloudwatch.putMetricAlarm(other))).name, /AccessDenied/);
  const tagged = { ...ALARM, AlarmName: 'new', AlarmActions: [TOPIC], Tags: [{ Key: 'x', Value: 'y' }] };
  const error = await errorOf(c.cloudwatch.putMetricAlarm(tagged));
  assert.match(error.message, /cloudwatch:TagResource/, 'tags of a new alarm need TagResource');
});

test('a thousand alarms on quiet metrics owe nothing', async () => {
  const cloud = await testCloud();
  for (let n = 0; n < 1000; n++) await alarm(cloud, { AlarmName: `quiet-${n}`, MetricName: `m${n}` });
  await pass(cloud);
  assert.deepEqual(await evaluations(cloud), []);
});

test('alarms watch Metrics Insights queries of one series, and say when there are several', async () => {
  const cloud = await testCloud();
  const insights = (AlarmName: string, Expression: string) =>
    cloud.root.cloudwatch.putMetricAlarm({
      AlarmName,
      Metrics: [{ Id: 'q1', Expression, Period: 60 }],
      EvaluationPeriods: 1,
      Threshold: 10,
      ComparisonOperator: 'GreaterThanThreshold',
    });
  await insights('sum', 'SELECT SUM(Errors) FROM Shop');
  await insights('each', 'SELECT SUM(Errors) FROM Shop GROUP BY Host');
  await put(cloud, 6);
  await put(cloud, 6, { Dimensions: [{ Name: 'Host', Value: 'b' }] });
  await pass(cloud);
  assert.equal(await state(cloud, 'sum'), 'ALARM');
  const each = await described(cloud, 'each');
  assert.deepEqual([each.StateValue, each.EvaluationState], ['INSUFFICIENT_DATA', 'EVALUATION_ERROR']);
  assert.equal(each.StateReason, 'An alarm must watch a single time series');
  const of = { AlarmName: 'each' };
  assert.deepEqual((await cloud.root.cloudwatch.describeAlarmContributors(of)).AlarmContributors, []);
});

test('an alarm beyond a day looks once an hour, at data up to the hour', async () => {
  const cloud = await testCloud({ now: new Date('2030-01-10T09:30:00Z') });
  await alarm(cloud, { Period: 86_400, EvaluationPeriods: 2, DatapointsToAlarm: 1, TreatMissingData: 'notBreaching' });
  await pass(cloud, 'PT32M');
  await put(cloud, 9);
  await pass(cloud);
  assert.equal(await state(cloud), 'OK');
  await pass(cloud, 'PT56M');
  assert.equal(await state(cloud), 'OK', 'it is 10:59');
  await pass(cloud);
  assert.equal(await state(cloud), 'ALARM', 'it is 11:00');
});

test('alarms of one account and Region are not those of another', async () => {
  const cloud = await testCloud();
  const member = await cloud.memberAccount('dev');
  await alarm(cloud);
  await member.root.cloudwatch.putMetricAlarm({ ...ALARM, Threshold: 1 });
  const elsewhere = cloud.as(await cloud.keyFor(cloud.managementAccount), 'eu-west-1');
  assert.deepEqual((await elsewhere.cloudwatch.describeAlarms({})).MetricAlarms, []);
  await put(cloud, 3);
  await pass(cloud);
  assert.equal(await state(cloud), 'OK');
  const [theirs] = (await member.root.cloudwatch.describeAlarms({})).MetricAlarms!;
  assert.deepEqual([theirs?.StateValue, theirs?.Threshold], ['INSUFFICIENT_DATA', 1]);
});

test('what an alarm is set to is read back', async () => {
  const cloud = await testCloud();
  const settings: Partial<PutMetricAlarmCommandInput> = {
    EvaluationWindow: { WallClockWindow: { Timezone: '+05:30' } },
    WarmUpConfiguration: { WarmUpPeriodDurationInMinutes: 5, OnlyStartEvaluatingAfterWarmUpPeriodEnds: true },
    ActionConfiguration: { AlarmTagsPropagation: { Enabled: true, IncludedTagKeys: ['a'] } },
    TreatMissingData: 'ignore',
    DatapointsToAlarm: 1,
    ActionsEnabled: false,
    Unit: 'Count',
    OKActions: [TOPIC],
    InsufficientDataActions: [TOPIC],
  };
  await alarm(cloud, settings);
  const found = (await described(cloud)) as Record<string, unknown>;
  for (const [name, value] of Object.entries(settings)) assert.deepEqual(found[name], value, name);
  await alarm(cloud, { EvaluationWindow: { SlidingWindow: {} } });
  const { EvaluationWindow, ...changed } = await described(cloud);
  assert.deepEqual(EvaluationWindow, { SlidingWindow: {} });
  assert.equal(changed.TreatMissingData, undefined, 'what is left out is gone');
});
