import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { ALARM, alarm, described, evaluations, events, minute, pass, put, state } from './alarms.fixture.ts';

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
