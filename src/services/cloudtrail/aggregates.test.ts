import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';
import { contentOf, keysIn, later, loggingTrail } from './fixtures.ts';

const DATA = [
  {
    FieldSelectors: [
      { Field: 'eventCategory', Equals: ['Data'] },
      { Field: 'resources.type', Equals: ['AWS::S3::Object'] },
      { Field: 'resources.ARN', StartsWith: ['arn:aws:s3:::photos/', 'arn:aws:s3:::films/'] },
    ],
  },
];

interface Summary {
  readonly dimension: string;
  readonly statistics: readonly { readonly name: string; readonly value: number }[];
}

interface AggregatedEvent {
  readonly eventCategory: string;
  readonly eventSource: string;
  readonly timeWindow: object;
  readonly summary: { readonly primaryDimension: Summary; readonly details: readonly Summary[] };
}

const namesIn = ({ statistics }: Summary) => Object.fromEntries(statistics.map(({ name, value }) => [name, value]));

test('a trail counts its data events, every five minutes', async () => {
  const cloud = await testCloud();
  const { cloudtrail, s3 } = cloud.root;
  const bucket = await loggingTrail(cloud, 'counting');
  for (const Bucket of ['photos', 'films']) await s3.createBucket({ Bucket });
  const put = (...Templates: ('API_ACTIVITY' | 'RESOURCE_ACCESS' | 'USER_ACTIONS')[]) =>
    cloudtrail.putEventConfiguration({
      TrailName: 'counting',
      AggregationConfigurations: Templates.length > 0 ? [{ EventCategory: 'Data', Templates }] : [],
    });
  await rejected(put('API_ACTIVITY'), 'InvalidParameter', /logs data events/);
  await cloudtrail.putEventSelectors({ TrailName: 'counting', AdvancedEventSelectors: DATA });
  const set = await put('API_ACTIVITY', 'RESOURCE_ACCESS');
  assert.deepEqual(set.AggregationConfigurations, [
    { EventCategory: 'Data', Templates: ['API_ACTIVITY', 'RESOURCE_ACCESS'] },
  ]);
  const told = await cloudtrail.getEventConfiguration({ TrailName: 'counting' });
  assert.deepEqual(told.AggregationConfigurations, set.AggregationConfigurations);
  for (const Key of ['a', 'b', 'c']) await s3.putObject({ Bucket: 'photos', Key, Body: 'x' });
  await s3.putObject({ Bucket: 'films', Key: 'a', Body: 'x' });
  await s3.getObject({ Bucket: 'photos', Key: 'a' });
  const folder = `AWSLogs/${cloud.managementAccount}/CloudTrail-Aggregated/`;
  assert.deepEqual(await keysIn(cloud.root, bucket, folder), []);
  await later(cloud, 'PT5M');
  const [key = '', ...others] = await keysIn(cloud.root, bucket, folder);
  assert.deepEqual(others, []);
  assert.match(key, /us-east-1\/2030\/01\/01\/\d{12}_CloudTrail-Aggregated_us-east-1_20300101T0005Z_\w{16}\.json\.gz$/);
  const { Records } = await contentOf<{ Records: AggregatedEvent[] }>(cloud.root, bucket, key);
  const byName = Records.filter(({ summary }) => summary.primaryDimension.dimension === 'eventName');
  assert.deepEqual(
    byName
      .map(({ summary }) => namesIn(summary.primaryDimension))
      .toSorted((a, b) => (a.PutObject ? 1 : 0) - (b.PutObject ? 1 : 0)),
    [{ GetObject: 1 }, { PutObject: 4 }],
  );
  const puts = byName.find(({ summary }) => namesIn(summary.primaryDimension).PutObject);
  assert.deepEqual(
    [puts?.eventCategory, puts?.eventSource, puts?.timeWindow],
    [
      'Aggregated',
      's3.amazonaws.com',
      { windowStart: '2030-01-01T00:00:00Z', windowEnd: '2030-01-01T00:05:00Z', windowSize: 'PT5M' },
    ],
  );
  const details = Object.fromEntries((puts?.summary.details ?? []).map((each) => [each.dimension, namesIn(each)]));
  assert.deepEqual(details.resourceARN, { 'arn:aws:s3:::photos': 3, 'arn:aws:s3:::films': 1 });
  assert.deepEqual(Object.values(details.userIdentity ?? {}), [4]);
  const byResource = Records.filter(({ summary }) => summary.primaryDimension.dimension === 'resourceARN');
  assert.deepEqual(
    byResource.map(({ summary }) => namesIn(summary.primaryDimension)),
    [{ 'arn:aws:s3:::films': 1 }, { 'arn:aws:s3:::photos': 4 }],
  );
  await put();
  await s3.putObject({ Bucket: 'photos', Key: 'd', Body: 'x' });
  await later(cloud, 'PT5M');
  assert.equal((await keysIn(cloud.root, bucket, folder)).length, 1);
});
