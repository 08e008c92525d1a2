import assert from 'node:assert/strict';
import { test } from 'node:test';
import { contextId } from '../../core/eventContexts.ts';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';
import { activityStore, answerTo, asked, later, loggingTrail, recordsIn, storeIn } from './fixtures.ts';

const TAGS = { Type: 'TagContext', Equals: ['team', 'stage'] } as const;
const KEYS = { Type: 'RequestContext', Equals: ['aws:PrincipalArn', 'aws:ViaAWSService', 'aws:username'] } as const;
const selectorsOf = (
  ...given: { readonly Type: 'TagContext' | 'RequestContext'; readonly Equals: readonly string[] }[]
) => given.map(({ Type, Equals }) => ({ Type, Equals: [...Equals] }));

test('an event configuration is kept and told, and what cannot be is refused', async () => {
  const cloud = await testCloud();
  const { cloudtrail, iam } = cloud.root;
  const { arn, id } = await storeIn(cloud);
  const get = async () => {
    const { MaxEventSize, ContextKeySelectors } = await cloudtrail.getEventConfiguration({ EventDataStore: id });
    return [MaxEventSize, ContextKeySelectors];
  };
  assert.deepEqual(await get(), ['Standard', []]);
  const put = (input: object) => cloudtrail.putEventConfiguration({ EventDataStore: arn, ...input });
  await rejected(put({ ContextKeySelectors: selectorsOf(TAGS) }), 'InvalidParameterCombination', /Large/);
  const large = (...given: Parameters<typeof selectorsOf>) =>
    put({ MaxEventSize: 'Large', ContextKeySelectors: selectorsOf(...given) });
  await rejected(large({ Type: 'RequestContext', Equals: ['aws:SourceIp'] }), 'InvalidParameter', /aws:SourceIp/);
  await rejected(large({ Type: 'TagContext', Equals: [] }), 'InvalidParameter', /between 1 and 50/);
  await rejected(large(TAGS, TAGS), 'InvalidParameter', /once/);
  const made = await large(TAGS, KEYS);
  assert.deepEqual([made.EventDataStoreArn, made.MaxEventSize], [arn, 'Large']);
  assert.deepEqual(await get(), ['Large', selectorsOf(TAGS, KEYS)]);
  const { Role } = await iam.getRole({ RoleName: 'AWSServiceRoleForCloudTrailEventContext' });
  assert.equal(Role?.Path, '/aws-service-role/context.cloudtrail.amazonaws.com/');
  await put({ MaxEventSize: 'Standard', ContextKeySelectors: [] });
  assert.deepEqual(await get(), ['Standard', []]);
  const outside = await activityStore(cloud);
  const wrong = cloudtrail.putEventConfiguration({ EventDataStore: outside.arn, MaxEventSize: 'Large' });
  await rejected(wrong, 'InvalidEventDataStoreCategory', /management events/);
  await rejected(cloudtrail.getEventConfiguration({}), 'InvalidParameterCombination', /TrailName/);
});

test('events carry the keys and tags that the store asks for, and only there', async () => {
  const cloud = await testCloud();
  const { cloudtrail, iam, kms } = cloud.root;
  const bucket = await loggingTrail(cloud, 'plain');
  const { arn, id } = await storeIn(cloud);
  const other = await storeIn(cloud, { Name: 'other' });
  const ContextKeySelectors = selectorsOf(TAGS, KEYS);
  await cloudtrail.putEventConfiguration({ EventDataStore: arn, MaxEventSize: 'Large', ContextKeySelectors });
  const { KeyMetadata } = await kms.createKey({ Tags: [{ TagKey: 'team', TagValue: 'red' }] });
  const alice = await cloud.user('alice', {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 'kms:DescribeKey', Resource: '*' }],
  });
  await iam.tagUser({ UserName: 'alice', Tags: [{ Key: 'stage', Value: 'test' }] });
  await alice.kms.describeKey({ KeyId: KeyMetadata!.KeyId! });
  await rejected(alice.kms.getKeyPolicy({ KeyId: KeyMetadata!.KeyId! }), 'AccessDenied', /GetKeyPolicy/);
  await later(cloud, 'PT5M');
  const context = `element_at(eventContext.requestContext, 'aws:PrincipalArn') AS who,
    element_at(eventContext.requestContext, 'aws:ViaAWSService') AS via,
    element_at(eventContext.requestContext, 'aws:username') AS name,
    element_at(eventContext.requestContext, 'aws:SecureTransport') AS secure,
    eventContext.tagContext.resourceTags[1].arn AS arn,
    element_at(eventContext.tagContext.resourceTags[1].tags, 'team') AS team,
    element_at(eventContext.tagContext.principalTags, 'stage') AS stage`;
  const { rows, ErrorMessage } = await asked(
    cloud,
    `SELECT eventName, errorCode, ${context} FROM ${id}
     WHERE eventName IN ('DescribeKey', 'GetKeyPolicy', 'TagUser') ORDER BY eventName`,
  );
  assert.equal(ErrorMessage, undefined);
  const common = {
    who: `arn:aws:iam::${cloud.managementAccount}:user/alice`,
    via: 'false',
    name: 'alice',
    secure: '',
    arn: KeyMetadata!.Arn,
    team: 'red',
    stage: 'test',
  };
  assert.deepEqual(rows, [
    { eventName: 'DescribeKey', errorCode: '', ...common },
    { eventName: 'GetKeyPolicy', errorCode: 'AccessDeniedException', ...common },
    // IAM is none of the services that tell condition keys.
    { eventName: 'TagUser', errorCode: '', who: '', via: '', name: '', secure: '', arn: '', team: '', stage: '' },
  ]);
  await cloudtrail.startDashboardRefresh({
    DashboardId: 'AWSCloudTrail-EnrichedEvents',
    QueryParameterValues: { $EventDataStoreId$: id },
  });
  await cloud.settle();
  const QueryAlias = 'AWSCloudTrail-EnrichedEvents-Mostfrequentresourcetagkeyvaluepairs';
  const { QueryId } = await cloudtrail.describeQuery({ QueryAlias });
  const tags = (await answerTo(cloud.root, QueryId!)).rows;
  assert.deepEqual(tags[0], { tag: '{key=team, value=red}', eventCount: '2' });
  const plain = await asked(cloud, `SELECT count(eventContext) AS n FROM ${other.id}`);
  assert.deepEqual(plain.rows, [{ n: '0' }]);
  const delivered = await recordsIn(cloud.root, bucket);
  assert.equal(
    delivered.some((record) => record.eventName === 'DescribeKey'),
    true,
  );
  assert.equal(
    delivered.some((record) => 'eventContext' in record),
    false,
  );
  const { Events = [] } = await cloudtrail.lookupEvents({});
  assert.equal(
    Events.some(({ CloudTrailEvent }) => CloudTrailEvent?.includes('"eventContext":')),
    false,
  );
  for (const { EventId = '' } of Events.filter(({ EventName }) => EventName === 'DescribeKey')) {
    const left = await cloud.deps.store.transaction((tx) => tx.bytes(contextId(EventId)));
    assert.equal(left, undefined);
  }
});

test('without the service-linked role no tags are told', async () => {
  const cloud = await testCloud();
  const { cloudtrail, iam, kms } = cloud.root;
  const { arn, id } = await storeIn(cloud);
  const ContextKeySelectors = selectorsOf(TAGS);
  await cloudtrail.putEventConfiguration({ EventDataStore: arn, MaxEventSize: 'Large', ContextKeySelectors });
  const { KeyMetadata } = await kms.createKey({ Tags: [{ TagKey: 'team', TagValue: 'red' }] });
  await iam.deleteServiceLinkedRole({ RoleName: 'AWSServiceRoleForCloudTrailEventContext' });
  await kms.describeKey({ KeyId: KeyMetadata!.KeyId! });
  await later(cloud, 'PT5M');
  const { rows } = await asked(
    cloud,
    `SELECT eventContext.tagContext.resourceTags AS tags FROM ${id} WHERE eventName = 'DescribeKey'`,
  );
  assert.deepEqual(rows, [{ tags: '' }]);
});

test('a store for large events has whole fields', async () => {
  const cloud = await testCloud();
  const { cloudtrail, cloudwatch } = cloud.root;
  const standard = await storeIn(cloud, { Name: 'standard' });
  const { arn, id } = await storeIn(cloud);
  await cloudtrail.putEventConfiguration({ EventDataStore: arn, MaxEventSize: 'Large' });
  const markdown = 'x'.repeat(150_000);
  const widgets = [{ type: 'text', properties: { markdown } }];
  await cloudwatch.putDashboard({ DashboardName: 'large', DashboardBody: JSON.stringify({ widgets }) });
  await later(cloud, 'PT5M');
  const length = async (store: string) => {
    const sql = `SELECT coalesce(length(element_at(requestParameters, 'dashboardBody')), 0) AS n FROM ${store} WHERE eventName = 'PutDashboard'`;
    return Number((await asked(cloud, sql)).rows[0]?.n);
  };
  assert.deepEqual([await length(standard.id), (await length(id)) > 150_000], [0, true]);
});

test('nothing of what events were told beside their records is left behind', async () => {
  const cloud = await testCloud();
  const { cloudtrail, s3, sqs } = cloud.root;
  const kept = contextsIn(cloud);
  const fields = (StartsWith: string[]) => [
    { Field: 'eventCategory', Equals: ['Data'] },
    { Field: 'resources.type', Equals: ['AWS::S3::Object'] },
    { Field: 'resources.ARN', StartsWith },
  ];
  const AdvancedEventSelectors = [{ FieldSelectors: fields(['arn:aws:s3:::photos/']) }];
  const { arn, id } = await storeIn(cloud, { AdvancedEventSelectors });
  const ContextKeySelectors = selectorsOf(KEYS);
  await cloudtrail.putEventConfiguration({ EventDataStore: arn, MaxEventSize: 'Large', ContextKeySelectors });
  for (const Bucket of ['photos', 'films']) {
    await s3.createBucket({ Bucket });
    await s3.putObject({ Bucket, Key: 'a', Body: 'x' });
  }
  await rejected(s3.getObject({ Bucket: 'films', Key: 'nothing' }), 'NoSuchKey', /exist/);
  await sqs.createQueue({ QueueName: 'work' });
  assert.equal(kept.size > 3, true);
  await later(cloud, 'PT5M');
  const { rows } = await asked(cloud, `SELECT eventName, count(eventContext) AS n FROM ${id} GROUP BY eventName`);
  assert.deepEqual(rows, [{ eventName: 'PutObject', n: '1' }]);
  await later(cloud, 'PT5M');
  assert.equal(kept.size, 0);
});

/** Ids of the contexts that lie beside the journal. */
function contextsIn(cloud: Cloud): ReadonlySet<string> {
  const kept = new Set<string>();
  const { store } = cloud.deps;
  const plain = store.transaction.bind(store);
  store.transaction = (work) =>
    plain((tx) =>
      work({
        ...tx,
        putBytes: (id, bytes) => {
          if (id.startsWith(contextId(''))) kept.add(id);
          tx.putBytes(id, bytes);
        },
        dropBytes: (id) => {
          kept.delete(id);
          tx.dropBytes(id);
        },
      }),
    );
  return kept;
}
