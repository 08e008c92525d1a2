import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';
import { later, loggingTrail } from './fixtures.ts';

const RATE = { EventSource: 'iam.amazonaws.com', EventName: 'CreateGroup', InsightType: 'ApiCallRateInsight' } as const;

async function watched(now?: Date): Promise<Cloud> {
  const cloud = await testCloud(now ? { now } : {});
  await loggingTrail(cloud, 'watched');
  const InsightSelectors = [{ InsightType: 'ApiCallRateInsight' }, { InsightType: 'ApiErrorRateInsight' }] as const;
  await cloud.root.cloudtrail.putInsightSelectors({ TrailName: 'watched', InsightSelectors: [...InsightSelectors] });
  return cloud;
}

async function points(cloud: Cloud, input: object) {
  const answer = await cloud.root.cloudtrail.listInsightsMetricData({ ...RATE, ...input });
  const times = (answer.Timestamps ?? []).map((time) => time.toISOString().slice(8, 16));
  return times.map((time, n) => [time, answer.Values?.[n]]);
}

test('calls are told by the minute, five minutes and the hour, also those of now', async () => {
  const cloud = await watched();
  const group = (name: string) => cloud.root.iam.createGroup({ GroupName: name });
  for (const name of ['a', 'b', 'c']) await group(name);
  await later(cloud, 'PT2M');
  await group('d');
  await later(cloud, 'PT1H');
  for (const name of ['e', 'f']) await group(name);
  assert.deepEqual(await points(cloud, { Period: 60 }), [
    ['01T00:00', 3],
    ['01T00:02', 1],
  ]);
  cloud.advance('PT1M');
  assert.deepEqual(await points(cloud, { Period: 60 }), [
    ['01T00:00', 3],
    ['01T00:02', 1],
    ['01T01:02', 2],
  ]);
  assert.deepEqual(await points(cloud, { Period: 300 }), [
    ['01T00:00', 0.8],
    ['01T01:00', 0.4],
  ]);
  assert.deepEqual(await points(cloud, {}), [
    ['01T00:00', 4 / 60],
    ['01T01:00', 2 / 60],
  ]);
  const StartTime = new Date('2030-01-01T00:00:00Z');
  const EndTime = new Date('2030-01-01T00:03:00Z');
  const zeros = { Period: 60, DataType: 'FillWithZeros', StartTime, EndTime };
  assert.deepEqual(await points(cloud, zeros), [
    ['01T00:00', 3],
    ['01T00:01', 0],
    ['01T00:02', 1],
  ]);
  const { cloudtrail } = cloud.root;
  const page = await cloudtrail.listInsightsMetricData({ ...RATE, ...zeros, DataType: 'FillWithZeros', MaxResults: 2 });
  assert.equal(page.Timestamps?.length, 2);
  assert.deepEqual(await points(cloud, { ...zeros, NextToken: page.NextToken! }), [['01T00:02', 1]]);
});

test('errors are told by their code, and old points only by the hour', async () => {
  const cloud = await watched();
  const eve = await cloud.user('eve');
  for (let n = 0; n < 3; n++) await rejected(eve.iam.listUsers({}), 'AccessDenied', /not authorized/);
  await later(cloud, 'P16D');
  const errors = { InsightType: 'ApiErrorRateInsight', EventName: 'ListUsers', ErrorCode: 'AccessDenied' };
  assert.deepEqual(await points(cloud, { ...errors, Period: 60 }), []);
  assert.deepEqual(await points(cloud, { ...errors, Period: 300 }), [['01T00:00', 0.6]]);
  await later(cloud, 'P60D');
  assert.deepEqual(await points(cloud, { ...errors, Period: 300 }), []);
  assert.deepEqual(await points(cloud, { ...errors, Period: 3600 }), [['01T00:00', 0.05]]);
  await later(cloud, 'P20D');
  assert.deepEqual(await points(cloud, { ...errors, Period: 3600 }), []);
});

test('what cannot be asked is refused', async () => {
  const cloud = await watched();
  const ask = (input: object) => cloud.root.cloudtrail.listInsightsMetricData({ ...RATE, ...input });
  await rejected(ask({ Period: 120 }), 'InvalidParameter', /60, 300, 3600/);
  await rejected(ask({ InsightType: 'ApiErrorRateInsight' }), 'InvalidParameter', /ErrorCode/);
  const [StartTime, EndTime] = [new Date('2030-01-02T00:00:00Z'), new Date('2030-01-01T00:00:00Z')];
  await rejected(ask({ StartTime, EndTime }), 'InvalidParameter', /before the end/);
  await rejected(ask({ NextToken: 'x' }), 'InvalidParameter', /NextToken/);
  await rejected(ask({ TrailName: 'nowhere' }), 'TrailNotFoundException', /Unknown trail/);
});
