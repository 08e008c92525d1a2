import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';
import { arnOf, bucketPolicy, later, loggingTrail, recordsIn } from './fixtures.ts';

const OBJECTS = [
  {
    FieldSelectors: [
      { Field: 'eventCategory', Equals: ['Data'] },
      { Field: 'resources.type', Equals: ['AWS::S3::Object'] },
      { Field: 'resources.ARN', StartsWith: ['arn:aws:s3:::held/'] },
    ],
  },
];
const RATE = { InsightType: 'ApiCallRateInsight', EventCategories: ['Data'] } as const;
const ERRORS = { InsightType: 'ApiErrorRateInsight', EventCategories: ['Management', 'Data'] } as const;

/** A trail of the objects of the bucket `held`, with Insights on them. */
async function watched() {
  const cloud = await testCloud();
  const logs = await loggingTrail(cloud, 'objects');
  const { cloudtrail, s3 } = cloud.root;
  await s3.createBucket({ Bucket: 'held' });
  const management = { FieldSelectors: [{ Field: 'eventCategory', Equals: ['Management'] }] };
  await cloudtrail.putEventSelectors({ TrailName: 'objects', AdvancedEventSelectors: [...OBJECTS, management] });
  await cloudtrail.putInsightSelectors({ TrailName: 'objects', InsightSelectors: [RATE, { ...ERRORS }] as never });
  return { cloud, logs, trail: arnOf(cloud.managementAccount, 'objects') };
}

const put = ({ root: { s3 } }: Cloud, Key: string, Bucket = 'held') => s3.putObject({ Bucket, Key, Body: 'x' });

test('PutInsightSelectors keeps a category for each type, and asks for what the trail logs', async () => {
  const { cloud, trail } = await watched();
  const { cloudtrail } = cloud.root;
  const got = await cloudtrail.getInsightSelectors({ TrailName: 'objects' });
  assert.deepEqual(got.InsightSelectors, [RATE, ERRORS]);
  assert.equal(got.TrailARN, trail);
  const only = { TrailName: 'objects', InsightSelectors: [{ InsightType: 'ApiErrorRateInsight' as const }] };
  const management = [{ InsightType: 'ApiErrorRateInsight', EventCategories: ['Management'] }];
  assert.deepEqual((await cloudtrail.putInsightSelectors(only)).InsightSelectors, management);
  await loggingTrail(cloud, 'management');
  const refused = cloudtrail.putInsightSelectors({ TrailName: 'management', InsightSelectors: [{ ...RATE }] as never });
  await rejected(refused, 'InvalidInsightSelectors', /must log data events/);
});

test('a burst of data events is an Insight of its trail: delivered and listed, with the bucket', async () => {
  const { cloud, logs, trail } = await watched();
  const { cloudtrail, s3 } = cloud.root;
  await s3.createBucket({ Bucket: 'other' });
  for (let day = 0; day < 4; day++) {
    await put(cloud, `usual-${day}`);
    await later(cloud, 'PT12H');
  }
  for (let n = 0; n < 20; n++) {
    await put(cloud, `burst-${n}`);
    await put(cloud, `unseen-${n}`, 'other');
    await rejected(s3.getObject({ Bucket: 'held', Key: `missing-${n}` }), 'NoSuchKey', /key does not exist/);
  }
  await later(cloud, 'PT6M');
  await later(cloud, 'PT6M');
  const list = async (Dimensions?: Record<string, string>) => {
    const asked = { InsightSource: trail, DataType: 'InsightsEvents', ...(Dimensions && { Dimensions }) } as const;
    return (await cloudtrail.listInsightsData(asked)).Events?.map(({ CloudTrailEvent = '' }) =>
      JSON.parse(CloudTrailEvent),
    );
  };
  const all = (await list()) ?? [];
  const kinds = all.map(({ insightDetails: { state, insightType, eventName } }) =>
    [eventName, insightType, state].join(' '),
  );
  assert.deepEqual(kinds.toSorted(), [
    'GetObject ApiCallRateInsight End',
    'GetObject ApiCallRateInsight Start',
    'GetObject ApiErrorRateInsight End',
    'GetObject ApiErrorRateInsight Start',
    'PutObject ApiCallRateInsight End',
    'PutObject ApiCallRateInsight Start',
  ]);
  const puts = await list({ EventName: 'PutObject' });
  assert.equal(puts?.length, 2);
  const { insightDetails, eventVersion } = puts![0];
  assert.equal(eventVersion, '1.09');
  assert.equal(insightDetails.sourceEventCategory, 'Data');
  assert.equal(insightDetails.insightSource, trail);
  assert.equal(insightDetails.insightContext.statistics.insight.average, 4);
  assert.deepEqual(
    insightDetails.insightContext.attributions.map(({ attribute }: { attribute: string }) => attribute),
    ['userIdentityArn', 'userAgent', 'errorCode', 'resourceArn'],
  );
  assert.deepEqual(insightDetails.insightContext.attributions[3].insight, [{ value: 'arn:aws:s3:::held', average: 4 }]);
  assert.deepEqual((await cloudtrail.lookupEvents({ EventCategory: 'insight' })).Events, []);
  await later(cloud, 'PT5M');
  const folder = `AWSLogs/${cloud.managementAccount}/CloudTrail-Insight/`;
  assert.equal((await recordsIn(cloud.root, logs, folder)).length, 6);
});

test('ListInsightsMetricData tells the data events of a trail, and of no other', async () => {
  const { cloud, trail } = await watched();
  const { cloudtrail } = cloud.root;
  for (const key of ['a', 'b', 'c']) await put(cloud, key);
  await later(cloud, 'PT2M');
  const asked = { EventSource: 's3.amazonaws.com', EventName: 'PutObject', Period: 60 } as const;
  const rate = { ...asked, InsightType: 'ApiCallRateInsight' } as const;
  const told = await cloudtrail.listInsightsMetricData({ ...rate, TrailName: 'objects' });
  assert.deepEqual([told.TrailARN, told.Values], [trail, [3]]);
  assert.deepEqual((await cloudtrail.listInsightsMetricData(rate)).Values, []);
  await loggingTrail(cloud, 'second');
  assert.deepEqual((await cloudtrail.listInsightsMetricData({ ...rate, TrailName: 'second' })).Values, []);
});

test('Insights on data events of an organization’s trail are told to those who run it, of their own account', async () => {
  const cloud = await testCloud();
  const { organizations, cloudtrail, s3 } = cloud.root;
  const { Organization } = await organizations.createOrganization({ FeatureSet: 'ALL' });
  await organizations.enableAWSServiceAccess({ ServicePrincipal: 'cloudtrail.amazonaws.com' });
  const trail = arnOf(cloud.managementAccount, 'shared');
  for (const Bucket of ['shared-logs', 'held']) await s3.createBucket({ Bucket });
  const Policy = bucketPolicy('shared-logs', trail, [Organization!.Id!, cloud.managementAccount]);
  await s3.putBucketPolicy({ Bucket: 'shared-logs', Policy });
  await cloudtrail.createTrail({ Name: 'shared', S3BucketName: 'shared-logs', IsOrganizationTrail: true });
  await cloudtrail.putEventSelectors({ TrailName: 'shared', AdvancedEventSelectors: OBJECTS });
  await cloudtrail.startLogging({ Name: 'shared' });
  await cloudtrail.putInsightSelectors({ TrailName: 'shared', InsightSelectors: [{ ...RATE }] as never });
  await organizations.createAccount({ AccountName: 'member', Email: 'member@example.com' });
  await later(cloud, 'PT1M');
  const id = (await organizations.listAccounts({})).Accounts?.find(({ Name }) => Name === 'member')?.Id ?? '';
  const member = cloud.as(await cloud.keyFor(id));
  await put(cloud, 'a');
  await later(cloud, 'PT2M');
  const rate = { EventSource: 's3.amazonaws.com', EventName: 'PutObject', InsightType: 'ApiCallRateInsight' } as const;
  const asked = { ...rate, TrailName: trail, Period: 60 };
  assert.deepEqual((await cloudtrail.listInsightsMetricData(asked)).Values, [1]);
  await rejected(member.cloudtrail.listInsightsMetricData(asked), 'OperationNotPermitted', /Member accounts/);
  const listed = member.cloudtrail.listInsightsData({ InsightSource: trail, DataType: 'InsightsEvents' });
  await rejected(listed, 'OperationNotPermitted', /Member accounts/);
});
