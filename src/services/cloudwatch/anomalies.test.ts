import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AnomalyDetectorConfiguration } from '@aws-sdk/client-cloudwatch';
import fc from 'fast-check';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { train } from './anomalyModel.ts';
import { errorOf } from './fixtures.ts';

const HOUR = 3600;
const START = Date.parse('2030-01-21T00:00:00Z') / 1000;
const OPTIONS = { timezone: 'UTC', excluded: [], halfLifeDays: 7, outliersBeyond: 5 } as const;

/** Two weeks of five-minute values: more by day than by night, little at weekends, with a small wave. */
function history(from = START - 14 * 24 * HOUR, to = START): Map<number, number> {
  const points = new Map<number, number>();
  for (let time = from; time < to; time += 300) points.set(time, usual(time));
  return points;
}

function usual(time: number): number {
  const date = new Date(time * 1000);
  const weekend = date.getUTCDay() % 6 === 0;
  const day = date.getUTCHours() >= 8 && date.getUTCHours() < 18;
  return (weekend ? 10 : day ? 100 : 20) + Math.sin(time / 700) * 2;
}

test('the model knows the hours of the week', () => {
  const model = train(history(), OPTIONS);
  for (const [hours, expected] of [
    [3, 20],
    [10, 100],
    [5 * 24 + 10, 10],
  ] as const) {
    const { mean, deviation } = model.normal(START + hours * HOUR)!;
    assert.ok(Math.abs(mean - expected) < 2, `${mean}`);
    assert.ok(deviation < 4, `${deviation}`);
  }
});

test('a bad hour does not widen the band, unless spikes are usual; excluded times do not count', () => {
  const points = history();
  const bad = START - 7 * 24 * HOUR + 10 * HOUR;
  for (let time = bad; time < bad + HOUR / 2; time += 300) points.set(time, 5000);
  const at = START + 10 * HOUR;
  assert.ok(train(points, OPTIONS).normal(at)!.deviation < 10);
  assert.ok(train(points, { ...OPTIONS, outliersBeyond: Number.POSITIVE_INFINITY }).normal(at)!.deviation > 100);
  const excluded = [[bad, bad + HOUR]] as const;
  const without = train(points, { ...OPTIONS, outliersBeyond: Number.POSITIVE_INFINITY, excluded });
  assert.ok(without.normal(at)!.deviation < 10);
});

test('little is known of little', () => {
  assert.equal(train(new Map([[START, 1]]), OPTIONS).normal(START), undefined);
  const values = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 15, maxLength: 200 });
  fc.assert(
    fc.property(values, (all) => {
      const model = train(new Map(all.map((value, at) => [START + at * 60, value])), OPTIONS);
      const { mean, deviation } = model.normal(START + 86_400)!;
      assert.ok(mean >= Math.min(...all) - 1e-6 && mean <= Math.max(...all) + 1e-6 && deviation >= 0);
    }),
  );
});

async function trained(): Promise<Cloud> {
  const cloud = await testCloud({ now: new Date(START * 1000) });
  const all = [...history(START - 13 * 24 * HOUR)];
  for (let at = 0; at < all.length; at += 1000) {
    await cloud.root.cloudwatch.putMetricData({
      Namespace: 'Shop',
      MetricData: all.slice(at, at + 1000).map(([time, Value]) => ({
        MetricName: 'Orders',
        Timestamp: new Date(time * 1000),
        Value,
      })),
    });
  }
  return cloud;
}

const METRIC = { Metric: { Namespace: 'Shop', MetricName: 'Orders' }, Period: 300, Stat: 'Average' };
const SINGLE = { Namespace: 'Shop', MetricName: 'Orders', Stat: 'Average' };

test('ANOMALY_DETECTION_BAND of a detector, and of none', async () => {
  const cloud = await trained();
  const ask = () =>
    cloud.root.cloudwatch.getMetricData({
      MetricDataQueries: [
        { Id: 'm1', MetricStat: METRIC, ReturnData: false },
        { Id: 'b1', Expression: 'ANOMALY_DETECTION_BAND(m1, 2)' },
      ],
      StartTime: new Date((START + 10 * HOUR) * 1000),
      EndTime: new Date((START + 11 * HOUR) * 1000),
    });
  assert.deepEqual(
    (await ask()).MetricDataResults?.map(({ Values }) => Values?.length),
    [0, 0],
  );
  await cloud.root.cloudwatch.putAnomalyDetector({ SingleMetricAnomalyDetector: SINGLE });
  const [low, high] = (await ask()).MetricDataResults!;
  assert.deepEqual([low?.Label, high?.Label], ['Orders Low', 'Orders High']);
  assert.equal(low?.Values?.length, 12);
  assert.ok(low!.Values![0]! > 85 && low!.Values![0]! < 100 && high!.Values![0]! > 100 && high!.Values![0]! < 115);
});

test('an alarm on a band goes off outside of it, and makes its detector', async () => {
  const cloud = await trained();
  const { cloudwatch } = cloud.root;
  await cloudwatch.putMetricAlarm({
    AlarmName: 'Unusual',
    Metrics: [
      { Id: 'm1', MetricStat: METRIC },
      { Id: 'ad1', Expression: 'ANOMALY_DETECTION_BAND(m1, 3)', Label: 'Orders (expected)' },
    ],
    ThresholdMetricId: 'ad1',
    EvaluationPeriods: 1,
    DatapointsToAlarm: 1,
    ComparisonOperator: 'LessThanLowerOrGreaterThanUpperThreshold',
    TreatMissingData: 'notBreaching',
  });
  assert.equal((await cloudwatch.describeAnomalyDetectors({})).AnomalyDetectors?.length, 1);
  const hold = async (Value: number) => {
    for (let minute = 0; minute < 5; minute++) {
      await cloudwatch.putMetricData({ Namespace: 'Shop', MetricData: [{ MetricName: 'Orders', Value }] });
      cloud.advance('PT1M');
    }
    await cloud.settle();
    return (await cloudwatch.describeAlarms({})).MetricAlarms![0]!;
  };
  assert.equal((await hold(20)).StateValue, 'OK');
  const off = await hold(90);
  assert.equal(off.StateValue, 'ALARM');
  assert.equal(
    off.StateReason!.replace(/thresholds \[[\d.]+\]/g, 'thresholds [N]'),
    'Thresholds Crossed: 1 out of the last 1 datapoints [90.0 (21/01/30 00:05:00)] was less than the lower thresholds [N] or greater than the upper thresholds [N] (minimum 1 datapoint for OK -> ALARM transition).',
  );
  const data = JSON.parse(off.StateReasonData!);
  assert.equal(data.recentUpperThresholds.length, 1);
  assert.ok(data.recentUpperThresholds[0] < 90);
});

test('anomaly detectors are put, described, deleted', async () => {
  const cloud = await testCloud();
  const { cloudwatch } = cloud.root;
  const Configuration: AnomalyDetectorConfiguration = {
    ExcludedTimeRanges: [{ StartTime: new Date(1000), EndTime: new Date(2000) }],
    MetricTimezone: 'Europe/London',
    AdaptationSpeed: 'FAST',
  };
  await cloudwatch.putAnomalyDetector({ SingleMetricAnomalyDetector: SINGLE, Configuration });
  await cloudwatch.putAnomalyDetector({ SingleMetricAnomalyDetector: SINGLE, Configuration });
  const MetricDataQueries = [
    { Id: 'e1', Expression: 'm1 * 2', ReturnData: true },
    { Id: 'm1', MetricStat: METRIC, ReturnData: false },
  ];
  await cloudwatch.putAnomalyDetector({ MetricMathAnomalyDetector: { MetricDataQueries } });
  const [single, ...others] = (await cloudwatch.describeAnomalyDetectors({ Namespace: 'Shop' })).AnomalyDetectors!;
  assert.deepEqual(others, []);
  assert.deepEqual(single?.SingleMetricAnomalyDetector, { ...SINGLE, Dimensions: [] });
  assert.deepEqual(single?.Configuration, Configuration);
  assert.equal(single?.StateValue, 'PENDING_TRAINING');
  const math = await cloudwatch.describeAnomalyDetectors({ AnomalyDetectorTypes: ['METRIC_MATH'] });
  assert.deepEqual(math.AnomalyDetectors?.[0]?.MetricMathAnomalyDetector?.MetricDataQueries, MetricDataQueries);
  const wrong = await errorOf(cloudwatch.putAnomalyDetector({ ...SINGLE, SingleMetricAnomalyDetector: SINGLE }));
  assert.equal(wrong.name, 'InvalidParameterCombinationException');
  assert.equal((await errorOf(cloudwatch.putAnomalyDetector({ ...SINGLE, Stat: 'Mean' }))).name, 'ValidationException');
  await cloudwatch.deleteAnomalyDetector(SINGLE);
  assert.equal((await errorOf(cloudwatch.deleteAnomalyDetector(SINGLE))).name, 'ResourceNotFoundException');
  await cloudwatch.deleteAnomalyDetector({ AnomalyDetectorId: math.AnomalyDetectors![0]!.AnomalyDetectorId });
});
