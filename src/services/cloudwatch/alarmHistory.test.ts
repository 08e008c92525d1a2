import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { alarm, events, minute, pass } from './alarms.fixture.ts';

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
