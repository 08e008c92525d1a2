/** What tests of alarms have in common: an alarm on errors of a shop. */
import type { PutMetricAlarmCommandInput } from '@aws-sdk/client-cloudwatch';
import { tasks } from '../../core/tasks.ts';
import type { Cloud } from '../../testing/cloud.ts';

export const TOPIC = 'arn:aws:sns:us-east-1:111122223333:alerts';

export const ALARM: PutMetricAlarmCommandInput = {
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

export const put = (cloud: Cloud, Value: number, more: object = {}) =>
  cloud.root.cloudwatch.putMetricData({
    Namespace: 'Shop',
    MetricData: [{ MetricName: 'Errors', Dimensions: ALARM.Dimensions, Value, ...more }],
  });

export const alarm = (cloud: Cloud, changes: Partial<PutMetricAlarmCommandInput> = {}) =>
  cloud.root.cloudwatch.putMetricAlarm({ ...ALARM, ...changes });

export async function described(cloud: Cloud, name = 'TooMany') {
  const { MetricAlarms, CompositeAlarms } = await cloud.root.cloudwatch.describeAlarms({
    AlarmNames: [name],
    AlarmTypes: ['MetricAlarm', 'CompositeAlarm'],
  });
  return { ...MetricAlarms?.[0], ...CompositeAlarms?.[0] };
}

export async function state(cloud: Cloud, name = 'TooMany') {
  return (await described(cloud, name)).StateValue;
}

export async function pass(cloud: Cloud, duration = 'PT1M') {
  cloud.advance(duration);
  await cloud.settle();
}

export async function minute(cloud: Cloud, value: number | undefined) {
  if (value !== undefined) await put(cloud, value);
  await pass(cloud);
  return state(cloud);
}

export const evaluations = (cloud: Cloud) =>
  cloud.deps.store.transaction(async (tx) => (await tx.list(tasks, ['cloudwatch.evaluate'], { limit: 100 })).rows);

/** Events of the plane, as EventBridge sees them. */
export async function events(cloud: Cloud, type: string) {
  const rows = await cloud.deps.store.journal.read(0, 100_000);
  const all = rows.filter(({ kind }) => kind === 'event').map(({ body }) => JSON.parse(body));
  return all.filter((event) => event['detail-type'] === type);
}
