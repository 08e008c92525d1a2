import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AdvancedFieldSelector, EventSelector } from '@aws-sdk/client-cloudtrail';
import { testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';
import { arnOf, bucketPolicy, later, logBucket, loggingTrail, recordsIn } from './fixtures.ts';

const DEFAULT: EventSelector = {
  ReadWriteType: 'All',
  IncludeManagementEvents: true,
  DataResources: [],
  ExcludeManagementEventSources: [],
};

const network = () => category('NetworkActivity');
const source = (...names: string[]) => ({ Field: 'eventSource', Equals: names.map((name) => `${name}.amazonaws.com`) });

async function trailed() {
  const cloud = await testCloud();
  await logBucket(cloud, 'audit-logs', 'audit');
  await cloud.root.cloudtrail.createTrail({ Name: 'audit', S3BucketName: 'audit-logs' });
  return cloud;
}

test('PutEventSelectors keeps basic selectors, or advanced ones', async () => {
  const { root } = await trailed();
  const { cloudtrail } = root;
  const custom = async () => (await cloudtrail.getTrail({ Name: 'audit' })).Trail?.HasCustomEventSelectors;
  assert.deepEqual((await cloudtrail.getEventSelectors({ TrailName: 'audit' })).EventSelectors, [DEFAULT]);
  const DataResources = [{ Type: 'AWS::S3::Object', Values: ['arn:aws:s3:::held/prefix'] }];
  await cloudtrail.putEventSelectors({
    TrailName: 'audit',
    EventSelectors: [{ ReadWriteType: 'WriteOnly', DataResources }],
  });
  assert.deepEqual((await cloudtrail.getEventSelectors({ TrailName: 'audit' })).EventSelectors, [
    { ...DEFAULT, ReadWriteType: 'WriteOnly', DataResources },
  ]);
  assert.equal(await custom(), true);
  const AdvancedEventSelectors = [
    { Name: 'all', FieldSelectors: [{ Field: 'eventCategory', Equals: ['Management'] }] },
    {
      FieldSelectors: [
        { Field: 'eventCategory', Equals: ['Data'] },
        { Field: 'resources.type', Equals: ['AWS::SQS::Queue'] },
        { Field: 'eventName', NotStartsWith: ['Receive'] },
      ],
    },
  ];
  await cloudtrail.putEventSelectors({ TrailName: 'audit', AdvancedEventSelectors });
  const { $metadata: _, ...shown } = await cloudtrail.getEventSelectors({ TrailName: 'audit' });
  assert.deepEqual(shown.AdvancedEventSelectors, AdvancedEventSelectors);
  assert.equal(shown.EventSelectors, undefined);
});

const advanced = (...FieldSelectors: AdvancedFieldSelector[]) => ({ AdvancedEventSelectors: [{ FieldSelectors }] });
const category = (Equals: string): AdvancedFieldSelector => ({ Field: 'eventCategory', Equals: [Equals] });

test('PutEventSelectors refuses what AWS refuses', async () => {
  const { root } = await trailed();
  const data = (Type: string, ...Values: string[]) => ({ EventSelectors: [{ DataResources: [{ Type, Values }] }] });
  const basicTypes = 'AWS::DynamoDB::Table, AWS::Lambda::Function, AWS::S3::Object';
  const cases: [object, RegExp | string][] = [
    [{}, /either/],
    [{ EventSelectors: [{}], ...advanced(category('Management')) }, /either/],
    [{ EventSelectors: Array.from({ length: 6 }, () => ({})) }, /up to 5 event selectors/],
    [
      data('AWS::S3::Bucket', 'arn:aws:s3'),
      `Value AWS::S3::Bucket for DataResources.Type is invalid. Valid values are: ${basicTypes}`,
    ],
    [data('AWS::S3::Object', 'arn:aws:s3:::*'), 'Value arn:aws:s3:::* for DataResources.Values is invalid.'],
    [data('AWS::S3::Object', 'held/'), 'Value held/ for DataResources.Values is invalid.'],
    [data('AWS::S3::Object', 'arn:aws:s3:::held'), 'Invalid S3 ARN: arn:aws:s3:::held'],
    [data('AWS::Lambda::Function', 'arn:aws:lambda:*'), /DataResources.Values/],
    [data('AWS::S3::Object', ...Array.from({ length: 251 }, (_, n) => `arn:aws:s3:::held/${n}`)), /250/],
    [{ EventSelectors: [{ ExcludeManagementEventSources: ['iam.amazonaws.com'] }] }, /Valid values are: kms/],
    [advanced({ Field: 'readOnly', Equals: ['true'] }), /eventCategory/],
    [advanced(category('Insight')), /Valid values are: Management, Data, NetworkActivity/],
    [advanced(category('Data')), 'Field resources.type is required for Data events.'],
    [advanced(category('Management'), { Field: 'eventName', Equals: ['x'] }), /Field eventName is not valid/],
    [advanced(category('Management'), { Field: 'readOnly', NotEquals: ['true'] }), /Operator NotEquals/],
    [advanced(category('Management'), { Field: 'readOnly', Equals: ['yes'] }), /Value yes/],
    [advanced(category('Management'), { Field: 'eventSource', NotEquals: ['iam.amazonaws.com'] }), /Value iam/],
    [advanced(category('Management'), { Field: 'readOnly' }), /at least one operator/],
    [
      advanced(
        category('Data'),
        { Field: 'resources.type', Equals: ['AWS::S3::Object'] },
        { Field: 'eventName', Equals: Array.from({ length: 500 }, (_, n) => `Name${n}`) },
      ),
      /up to 500 values/,
    ],
    [advanced(network()), 'Field eventSource is required for NetworkActivity events.'],
    [advanced(network(), { Field: 'eventSource', Equals: ['iam.amazonaws.com'] }), /Value iam.amazonaws.com/],
    [advanced(network(), { Field: 'eventSource', StartsWith: ['kms'] }), /Operator StartsWith is not valid/],
    [advanced(network(), source('kms', 's3')), /can have only one value/],
    [advanced(network(), source('kms'), { Field: 'errorCode', Equals: ['AccessDenied'] }), /Value AccessDenied/],
    [advanced(network(), source('kms'), { Field: 'errorCode', NotEquals: ['VpceAccessDenied'] }), /NotEquals/],
    [advanced(network(), source('kms'), { Field: 'readOnly', Equals: ['true'] }), /Field readOnly is not valid/],
  ];
  for (const [input, sentence] of cases) {
    const put = root.cloudtrail.putEventSelectors({ TrailName: 'audit', ...input });
    await rejected(put, 'InvalidEventSelectors', sentence);
  }
});

test('selectors for network activity are kept as they were given', async () => {
  const { root } = await trailed();
  const denied = { Field: 'errorCode', Equals: ['VpceAccessDenied'] };
  const endpoint = { Field: 'vpcEndpointId', NotStartsWith: ['vpce-0'] };
  const AdvancedEventSelectors = [
    { Name: 'denied', FieldSelectors: [network(), source('kms'), denied] },
    {
      Name: 'by endpoint',
      FieldSelectors: [network(), source('s3'), endpoint, { Field: 'eventName', Equals: ['PutObject'] }],
    },
    { FieldSelectors: [category('Management')] },
  ];
  await root.cloudtrail.putEventSelectors({ TrailName: 'audit', AdvancedEventSelectors });
  const got = await root.cloudtrail.getEventSelectors({ TrailName: 'audit' });
  assert.deepEqual(got.AdvancedEventSelectors, AdvancedEventSelectors);
  const made = await root.cloudtrail.createEventDataStore({ Name: 'network', AdvancedEventSelectors });
  assert.deepEqual(made.AdvancedEventSelectors, AdvancedEventSelectors);
});

test('a trail logs what its selectors select', async () => {
  const cloud = await testCloud();
  const bucket = await loggingTrail(cloud, 'writes');
  const put = (input: object) => cloud.root.cloudtrail.putEventSelectors({ TrailName: 'writes', ...input });
  await put({ EventSelectors: [{ ReadWriteType: 'WriteOnly', ExcludeManagementEventSources: ['kms.amazonaws.com'] }] });
  await cloud.root.iam.createGroup({ GroupName: 'staff' });
  await cloud.root.iam.listGroups({});
  await cloud.root.kms.createKey({});
  await later(cloud, 'PT5M');
  const names = async () => (await recordsIn(cloud.root, bucket)).map(({ eventName }) => eventName).toSorted();
  assert.deepEqual(await names(), ['CreateGroup', 'PutEventSelectors', 'StartLogging']);
});

test('data events are logged where a selector asks for them', async () => {
  const cloud = await testCloud();
  const bucket = await loggingTrail(cloud, 'data');
  const { s3, cloudtrail } = cloud.root;
  await s3.createBucket({ Bucket: 'held' });
  const object = (Key: string) => s3.putObject({ Bucket: 'held', Key, Body: 'text' });
  await object('before');
  await cloudtrail.putEventSelectors({
    TrailName: 'data',
    ...advanced(
      category('Data'),
      { Field: 'resources.type', Equals: ['AWS::S3::Object'] },
      { Field: 'resources.ARN', StartsWith: ['arn:aws:s3:::held/in'] },
    ),
  });
  await object('inside');
  await object('outside');
  await s3.getObject({ Bucket: 'held', Key: 'inside' });
  await later(cloud, 'PT5M');
  const data = (await recordsIn(cloud.root, bucket)).filter(({ eventCategory }) => eventCategory === 'Data');
  assert.deepEqual(
    data.map(({ eventName }) => eventName),
    ['PutObject', 'GetObject'],
  );
  await cloudtrail.stopLogging({ Name: 'data' });
  await object('inside-again');
  await later(cloud, 'PT5M');
  const after = (await recordsIn(cloud.root, bucket)).filter(({ eventCategory }) => eventCategory === 'Data');
  assert.equal(after.length, 2);
});

test('an organization’s trail logs the data events of its members, also of those that join later', async () => {
  const cloud = await testCloud();
  const { organizations, cloudtrail, s3 } = cloud.root;
  const { Organization } = await organizations.createOrganization({ FeatureSet: 'ALL' });
  await organizations.enableAWSServiceAccess({ ServicePrincipal: 'cloudtrail.amazonaws.com' });
  const arn = arnOf(cloud.managementAccount, 'shared');
  await s3.createBucket({ Bucket: 'shared-logs' });
  await s3.putBucketPolicy({ Bucket: 'shared-logs', Policy: bucketPolicy('shared-logs', arn, [Organization!.Id!]) });
  await cloudtrail.createTrail({ Name: 'shared', S3BucketName: 'shared-logs', IsOrganizationTrail: true });
  await cloudtrail.putEventSelectors({
    TrailName: 'shared',
    ...advanced(category('Data'), { Field: 'resources.type', Equals: ['AWS::S3::Object'] }),
  });
  await cloudtrail.startLogging({ Name: 'shared' });
  const outsider = await cloud.memberAccount('outsider');
  await outsider.root.s3.createBucket({ Bucket: 'outside' });
  await outsider.root.s3.putObject({ Bucket: 'outside', Key: 'unseen', Body: 'text' });
  await organizations.createAccount({ AccountName: 'late', Email: 'late@example.com' });
  await later(cloud, 'PT1M');
  const { Accounts = [] } = await organizations.listAccounts({});
  const id = Accounts.find(({ Name }) => Name === 'late')?.Id ?? '';
  const late = cloud.as(await cloud.keyFor(id));
  await late.s3.createBucket({ Bucket: 'late-things' });
  await late.s3.putObject({ Bucket: 'late-things', Key: 'seen', Body: 'text' });
  await later(cloud, 'PT5M');
  const folder = `AWSLogs/${Organization!.Id}/`;
  const records = await recordsIn(cloud.root, 'shared-logs', `${folder}${id}/`);
  assert.deepEqual(
    records.map(({ eventName, recipientAccountId }) => [eventName, recipientAccountId]),
    [['PutObject', id]],
  );
  const all = await recordsIn(cloud.root, 'shared-logs', folder);
  assert.ok(
    all.every(
      ({ eventCategory, recipientAccountId }) => eventCategory === 'Data' && recipientAccountId !== outsider.id,
    ),
  );
});
