/** Insights of event data stores. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';
import { asked, later, storeIn } from './fixtures.ts';

const BOTH = [{ InsightType: 'ApiCallRateInsight' }, { InsightType: 'ApiErrorRateInsight' }] as const;
const INSIGHTS = [{ FieldSelectors: [{ Field: 'eventCategory', Equals: ['Insight'] }] }];

async function withStores(cloud: Cloud) {
  const source = await storeIn(cloud, { Name: 'source' });
  const destination = await storeIn(cloud, { Name: 'insights', AdvancedEventSelectors: INSIGHTS });
  return { source, destination };
}

test('a burst of calls that a store takes in is an Insight in the store that is named for it', async () => {
  const cloud = await testCloud();
  const { cloudtrail, iam } = cloud.root;
  const { source, destination } = await withStores(cloud);
  const put = await cloudtrail.putInsightSelectors({
    ...{ EventDataStore: source.id, InsightsDestination: destination.arn, InsightSelectors: [...BOTH] },
  });
  const kept = BOTH.map((selector) => ({ ...selector, EventCategories: ['Management'] }));
  const said = [put.EventDataStoreArn, put.InsightsDestination, put.InsightSelectors];
  assert.deepEqual(said, [source.arn, destination.arn, kept]);
  const got = await cloudtrail.getInsightSelectors({ EventDataStore: source.arn });
  assert.deepEqual([got.EventDataStoreArn, got.InsightsDestination, got.InsightSelectors], said);
  for (let day = 0; day < 4; day++) {
    await iam.createGroup({ GroupName: `usual-${day}` });
    await later(cloud, 'PT12H');
  }
  const bob = await cloud.user('bob', {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'iam:CreateGroup', Resource: '*' }],
  });
  for (let n = 0; n < 20; n++) await bob.iam.createGroup({ GroupName: `burst-${n}` });
  for (let n = 0; n < 15; n++) await rejected(bob.iam.listUsers({}), 'AccessDenied', /not authorized/);
  await later(cloud, 'PT6M');
  await later(cloud, 'PT6M');
  await later(cloud, 'PT6M');
  const { rows, ErrorMessage } = await asked(
    cloud,
    `SELECT insightState, insightType, insightEventName, insightErrorCode, insightSource, recipientAccountId,
       insightContext.insightAverage AS average, insightContext.attributions[1].insight[1].value AS who
     FROM ${destination.id} ORDER BY insightType, insightState DESC`,
  );
  assert.equal(ErrorMessage, undefined);
  const common = { insightSource: source.arn, recipientAccountId: cloud.managementAccount };
  const who = `arn:aws:iam::${cloud.managementAccount}:user/bob`;
  const calls = { insightType: 'ApiCallRateInsight', insightEventName: 'CreateGroup', insightErrorCode: '' };
  const errors = {
    insightType: 'ApiErrorRateInsight',
    insightEventName: 'ListUsers',
    insightErrorCode: 'AccessDenied',
  };
  assert.deepEqual(rows, [
    { insightState: 'Start', ...calls, ...common, average: '4', who },
    { insightState: 'End', ...calls, ...common, average: '4', who },
    { insightState: 'Start', ...errors, ...common, average: '3', who },
    { insightState: 'End', ...errors, ...common, average: '3', who },
  ]);
  assert.deepEqual((await cloudtrail.lookupEvents({ EventCategory: 'insight' })).Events, []);
  const calledOnly = await asked(cloud, `SELECT count(*) AS n FROM ${source.id} WHERE eventCategory = 'Insight'`);
  assert.deepEqual(calledOnly.rows, [{ n: '0' }]);
});

test('a store that stopped taking events in learns anew what is usual', async () => {
  for (const [stops, told] of [
    [false, '1'],
    [true, '0'],
  ] as const) {
    const cloud = await testCloud();
    const { cloudtrail, iam } = cloud.root;
    const { source, destination } = await withStores(cloud);
    const EventDataStore = source.id;
    const InsightsDestination = destination.id;
    await cloudtrail.putInsightSelectors({ EventDataStore, InsightsDestination, InsightSelectors: [BOTH[0]] });
    for (let day = 0; day < 4; day++) {
      await iam.createGroup({ GroupName: `usual-${day}` });
      await later(cloud, 'PT12H');
    }
    if (stops) await cloudtrail.stopEventDataStoreIngestion({ EventDataStore });
    if (stops) await cloudtrail.startEventDataStoreIngestion({ EventDataStore });
    for (let n = 0; n < 20; n++) await iam.createGroup({ GroupName: `burst-${n}` });
    await later(cloud, 'PT6M');
    await later(cloud, 'PT6M');
    const sql = `SELECT count(*) AS n FROM ${destination.id} WHERE insightState = 'Start'`;
    assert.deepEqual((await asked(cloud, sql)).rows, [{ n: told }]);
  }
});

test('PutInsightSelectors of stores wants both, a store for Insights, and events to watch', async () => {
  const cloud = await testCloud();
  const { cloudtrail } = cloud.root;
  const { source, destination } = await withStores(cloud);
  const put = (input: object) =>
    cloudtrail.putInsightSelectors({ EventDataStore: source.id, InsightSelectors: [BOTH[0]], ...input });
  await rejected(put({}), 'InvalidParameter', /both EventDataStore and InsightsDestination/);
  await rejected(put({ InsightsDestination: source.id }), 'InvalidInsightSelectors', /does not log Insights/);
  await rejected(put({ TrailName: 'x' }), 'InvalidParameterCombination', /not both/);
  const data = { InsightsDestination: destination.id, InsightSelectors: [{ ...BOTH[0], EventCategories: ['Data'] }] };
  await rejected(put(data), 'InvalidInsightSelectors', /data events are not supported/);
  const get = () => cloudtrail.getInsightSelectors({ EventDataStore: source.id });
  await rejected(get(), 'InsightNotEnabled', /does not have Insights enabled/);
  await put({ InsightsDestination: destination.id });
  const reads = [
    { Field: 'eventCategory', Equals: ['Management'] },
    { Field: 'readOnly', Equals: ['true'] },
  ];
  const AdvancedEventSelectors = [{ FieldSelectors: reads }];
  const update = () => cloudtrail.updateEventDataStore({ EventDataStore: source.id, AdvancedEventSelectors });
  await rejected(update(), 'InvalidInsightSelectors', /write management events/);
  await put({ InsightSelectors: [] });
  await rejected(get(), 'InsightNotEnabled', /does not have Insights enabled/);
  await update();
  await rejected(put({ InsightsDestination: destination.id }), 'InvalidInsightSelectors', /write management events/);
  await put({ InsightsDestination: destination.id, InsightSelectors: [BOTH[1]] });
});

test('a store for Insights takes nothing else, and its ingestion is not stopped', async () => {
  const cloud = await testCloud();
  const { cloudtrail } = cloud.root;
  const { destination } = await withStores(cloud);
  const mixed = [...INSIGHTS, { FieldSelectors: [{ Field: 'eventCategory', Equals: ['Management'] }] }];
  const make = cloudtrail.createEventDataStore({ Name: 'mixed', AdvancedEventSelectors: mixed });
  await rejected(make, 'InvalidEventSelectors', /Insight events cannot collect events of another category/);
  const stop = cloudtrail.stopEventDataStoreIngestion({ EventDataStore: destination.id });
  await rejected(stop, 'InvalidEventDataStoreCategory', /other than Insights/);
});
