import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PutMetricAlarmCommandInput } from '@aws-sdk/client-cloudwatch';
import { testCloud } from '../../testing/cloud.ts';
import { ALARM, alarm, described, evaluations, pass, put, state, TOPIC } from './alarms.fixture.ts';
import { errorOf } from './fixtures.ts';

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
    ...[
      ['e1 + 1', /^Error in expression 'e1' \[Circular reference\]$/],
      ['AVG(m1)', /^An alarm must watch a single time series$/],
      ['METRICS() * 2', /^An alarm must watch a single time series$/],
      ['IF(m1, METRICS())', /^Error in expression 'e1' \[IF takes time series and scalars only\]$/],
    ].map(([Expression, message]): [Partial<PutMetricAlarmCommandInput>, RegExp] => {
      const stats = ['m1', 'm2'].map((Id) => ({ Id, MetricStat: metric, ReturnData: false }));
      return [{ ...none, Metrics: [...stats, { Id: 'e1', Expression: Expression as string }] }, message as RegExp];
    }),
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
