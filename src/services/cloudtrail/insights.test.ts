import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';
import { arnOf, bucketPolicy, keysIn, later, loggingTrail, recordsIn } from './fixtures.ts';

const BOTH = [{ InsightType: 'ApiCallRateInsight' }, { InsightType: 'ApiErrorRateInsight' }] as const;

test('PutInsightSelectors turns Insights on and off', async () => {
  const cloud = await testCloud();
  const { cloudtrail } = cloud.root;
  await loggingTrail(cloud, 'watched');
  const arn = arnOf(cloud.managementAccount, 'watched');
  const get = () => cloudtrail.getInsightSelectors({ TrailName: 'watched' });
  const off = `Trail ${arn} does not have Insights enabled. Edit the trail settings to enable Insights, and then try the operation again.`;
  await rejected(get(), 'InsightNotEnabled', off);
  const put = (InsightSelectors: object[]) =>
    cloudtrail.putInsightSelectors({ TrailName: 'watched', InsightSelectors });
  const kept = BOTH.map((selector) => ({ ...selector, EventCategories: ['Management'] }));
  assert.deepEqual((await put([...BOTH])).InsightSelectors, kept);
  assert.deepEqual((await get()).InsightSelectors, kept);
  assert.equal((await cloudtrail.getTrail({ Name: 'watched' })).Trail?.HasInsightSelectors, true);
  await put([]);
  await rejected(get(), 'InsightNotEnabled', off);
  await cloudtrail.putEventSelectors({ TrailName: 'watched', EventSelectors: [{ ReadWriteType: 'ReadOnly' }] });
  await rejected(put([BOTH[0]]), 'InvalidInsightSelectors', /write management events/);
  await put([BOTH[1]]);
});

test('a burst of calls is an Insight: delivered, looked up, with who it was', async () => {
  const cloud = await testCloud();
  const { cloudtrail } = cloud.root;
  const bucket = await loggingTrail(cloud, 'watched');
  await cloudtrail.putInsightSelectors({ TrailName: 'watched', InsightSelectors: [...BOTH] });
  const bob = await cloud.user('bob', {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'iam:CreateGroup', Resource: '*' }],
  });
  for (let day = 0; day < 4; day++) {
    await cloud.root.iam.createGroup({ GroupName: `usual-${day}` });
    await later(cloud, 'PT12H');
  }
  for (let n = 0; n < 20; n++) await bob.iam.createGroup({ GroupName: `burst-${n}` });
  for (let n = 0; n < 15; n++) await rejected(bob.iam.listUsers({}), 'AccessDenied', /not authorized/);
  await later(cloud, 'PT6M');
  const insights = async () =>
    ((await cloudtrail.lookupEvents({ EventCategory: 'insight' })).Events ?? []).map(
      ({ CloudTrailEvent }) => JSON.parse(CloudTrailEvent ?? '{}') as InsightEvent,
    );
  const started = await insights();
  assert.deepEqual(
    started.map(({ insightDetails: { state, insightType, eventName } }) => [state, insightType, eventName]).toSorted(),
    [
      ['Start', 'ApiCallRateInsight', 'CreateGroup'],
      ['Start', 'ApiErrorRateInsight', 'ListUsers'],
    ],
  );
  await later(cloud, 'PT6M');
  const all = await insights();
  assert.equal(all.length, 4);
  const calls = all.filter(({ insightDetails }) => insightDetails.eventName === 'CreateGroup');
  const end = calls.find(({ insightDetails }) => insightDetails.state === 'End');
  assert.equal(new Set(calls.map(({ sharedEventID }) => sharedEventID)).size, 1);
  assert.equal(end?.eventTime, '2030-01-03T00:05:00Z');
  const { statistics, attributions } = end!.insightDetails.insightContext;
  assert.deepEqual(statistics, {
    baseline: { average: Number((4 / 2880).toFixed(10)) },
    insight: { average: 4 },
    insightDuration: 5,
    baselineDuration: 2880,
  });
  assert.deepEqual(attributions[0], {
    attribute: 'userIdentityArn',
    insight: [{ value: `arn:aws:iam::${cloud.managementAccount}:user/bob`, average: 4 }],
    baseline: [{ value: `arn:aws:iam::${cloud.managementAccount}:root`, average: Number((4 / 2880).toFixed(10)) }],
  });
  const errors = all.find(({ insightDetails }) => insightDetails.insightType === 'ApiErrorRateInsight');
  assert.equal(errors?.insightDetails.errorCode, 'AccessDenied');
  const byName = await cloudtrail.lookupEvents({
    EventCategory: 'insight',
    LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'ListUsers' }],
  });
  assert.equal(byName.Events?.length, 2);

  const InsightSource = arnOf(cloud.managementAccount, 'watched');
  assert.deepEqual((await cloudtrail.listInsightsData({ InsightSource, DataType: 'InsightsEvents' })).Events, []);

  await later(cloud, 'PT5M');
  const folder = `AWSLogs/${cloud.managementAccount}/CloudTrail-Insight/`;
  const files = await keysIn(cloud.root, bucket, folder);
  assert.match(files[0] ?? '', /\d{12}_CloudTrail-Insight_us-east-1_20300103T\d{4}Z_[A-Za-z0-9]{16}\.json\.gz$/);
  assert.equal((await recordsIn(cloud.root, bucket, folder)).length, 4);
});

/** Each time of calls that are told, after two days of usual ones. */
async function told(cloud: Cloud, between: () => Promise<unknown>) {
  const { cloudtrail, iam } = cloud.root;
  for (let day = 0; day < 4; day++) {
    await iam.createGroup({ GroupName: `usual-${day}` });
    await later(cloud, 'PT12H');
  }
  await between();
  for (let n = 0; n < 20; n++) await iam.createGroup({ GroupName: `burst-${n}` });
  for (let n = 0; n < 15; n++) await rejected(iam.getGroup({ GroupName: 'none' }), 'NoSuchEntity', /cannot be found/);
  await later(cloud, 'PT6M');
  const { Events = [] } = await cloudtrail.lookupEvents({ EventCategory: 'insight' });
  return Events.map(
    ({ CloudTrailEvent = '' }) => (JSON.parse(CloudTrailEvent) as InsightEvent).insightDetails.insightType,
  );
}

test('a trail that stopped logging, or lost its Insights, learns anew what is usual', async () => {
  for (const breakOff of [
    async ({ root: { cloudtrail } }: Cloud) => {
      await cloudtrail.stopLogging({ Name: 'watched' });
      await cloudtrail.startLogging({ Name: 'watched' });
    },
    async ({ root: { cloudtrail } }: Cloud) => {
      await cloudtrail.putInsightSelectors({ TrailName: 'watched', InsightSelectors: [] });
      await cloudtrail.putInsightSelectors({ TrailName: 'watched', InsightSelectors: [...BOTH] });
    },
  ]) {
    const cloud = await testCloud();
    await loggingTrail(cloud, 'watched');
    await cloud.root.cloudtrail.putInsightSelectors({ TrailName: 'watched', InsightSelectors: [...BOTH] });
    assert.deepEqual(await told(cloud, () => breakOff(cloud)), []);
  }
});

test('Insights are of the kinds and the Regions that a trail asks for', async () => {
  const cloud = await testCloud();
  const TrailName = 'watched';
  await loggingTrail(cloud, TrailName);
  await cloud.root.cloudtrail.putInsightSelectors({ TrailName, InsightSelectors: [BOTH[1]] });
  assert.deepEqual(await told(cloud, async () => {}), ['ApiErrorRateInsight']);

  const elsewhere = await testCloud();
  const account = elsewhere.managementAccount;
  const { cloudtrail } = elsewhere.as(await elsewhere.keyFor(account), 'eu-west-1');
  await elsewhere.root.s3.createBucket({ Bucket: 'irish' });
  const Policy = bucketPolicy('irish', arnOf(account, TrailName, 'eu-west-1'), [account]);
  await elsewhere.root.s3.putBucketPolicy({ Bucket: 'irish', Policy });
  await cloudtrail.createTrail({ Name: TrailName, S3BucketName: 'irish' });
  await cloudtrail.startLogging({ Name: TrailName });
  await cloudtrail.putInsightSelectors({ TrailName, InsightSelectors: [...BOTH] });
  assert.deepEqual(await told(elsewhere, async () => {}), []);
});

interface InsightEvent {
  readonly eventTime: string;
  readonly sharedEventID: string;
  readonly insightDetails: {
    readonly state: string;
    readonly insightType: string;
    readonly eventName: string;
    readonly errorCode?: string;
    readonly insightContext: { readonly statistics: object; readonly attributions: readonly object[] };
  };
}
