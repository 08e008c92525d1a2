/** Findings of data protection policies reach log groups, buckets and delivery streams. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { type Clients, type Cloud, testCloud } from '../../../testing/cloud.ts';
import { rejected } from '../../../testing/rejected.ts';

const EMAIL = 'arn:aws:dataprotection::aws:data-identifier/EmailAddress';

const policy = (FindingsDestination: object, identifiers = [EMAIL], more: object = {}) =>
  JSON.stringify({
    Name: 'p',
    Version: '2021-06-01',
    Statement: [
      { Sid: 'audit', DataIdentifier: identifiers, Operation: { Audit: { FindingsDestination } } },
      { Sid: 'redact', DataIdentifier: identifiers, Operation: { Deidentify: { MaskConfig: {} } } },
    ],
    ...more,
  });

async function withGroups() {
  const cloud = await testCloud();
  const { logs } = cloud.root;
  for (const logGroupName of ['app', 'findings']) await logs.createLogGroup({ logGroupName });
  await logs.createLogStream({ logGroupName: 'app', logStreamName: 's' });
  const put = (...messages: string[]) =>
    logs.putLogEvents({
      ...{ logGroupName: 'app', logStreamName: 's' },
      logEvents: messages.map((message) => ({ timestamp: cloud.now().getTime(), message })),
    });
  return { cloud, logs, put };
}

const findings = async (cloud: Cloud, logGroupName = 'findings') =>
  (await cloud.root.logs.filterLogEvents({ logGroupName })).events!.map(({ message }) => JSON.parse(message!));

async function bucketText({ s3 }: Clients, Bucket: string): Promise<string> {
  const { Contents = [] } = await s3.listObjectsV2({ Bucket });
  const texts = Contents.map(async ({ Key }) => {
    const bytes = await (await s3.getObject({ Bucket, Key })).Body!.transformToByteArray();
    return (Key!.endsWith('.gz') ? gunzipSync(bytes) : Buffer.from(bytes)).toString();
  });
  return (await Promise.all(texts)).join('');
}

test('Each event with sensitive data is reported to the log group that the policy names, and counted', async () => {
  const { cloud, logs, put } = await withGroups();
  const policyDocument = policy({ CloudWatchLogs: { LogGroup: 'findings' } });
  await logs.putDataProtectionPolicy({ logGroupIdentifier: 'app', policyDocument });
  assert.equal((await logs.getDataProtectionPolicy({ logGroupIdentifier: 'app' })).policyDocument, policyDocument);
  await put('to a@b.org and c@d.org', 'nothing here', 'from e@f.org');
  await cloud.settle();
  const auditTimestamp = `${cloud.now().toISOString().slice(0, 19)}Z`;
  const resourceArn = `arn:aws:logs:us-east-1:${cloud.managementAccount}:log-group:app:*`;
  const email = (...places: [number, number][]) => [
    { name: 'EmailAddress', count: places.length, detections: places.map(([start, end]) => ({ start, end })) },
  ];
  assert.deepEqual(await findings(cloud), [
    { auditTimestamp, resourceArn, dataIdentifiers: email([4, 10], [16, 22]) },
    { auditTimestamp, resourceArn, dataIdentifiers: email([6, 12]) },
  ]);
  const { Datapoints } = await cloud.root.cloudwatch.getMetricStatistics({
    ...{ Namespace: 'AWS/Logs', MetricName: 'LogEventsWithFindings', Period: 60, Statistics: ['Sum'] },
    StartTime: new Date(cloud.now().getTime() - 60_000),
    EndTime: new Date(cloud.now().getTime() + 60_000),
  });
  assert.equal(Datapoints?.[0]?.Sum, 2);
});

test('The account’s policy audits all groups, and reports are not audited again', async () => {
  const { cloud, logs, put } = await withGroups();
  const Configuration = { CustomDataIdentifier: [{ Name: 'Any', Regex: '[a-z]+' }] };
  await logs.putAccountPolicy({
    ...{ policyName: 'p', policyType: 'DATA_PROTECTION_POLICY' },
    policyDocument: policy({ CloudWatchLogs: { LogGroup: 'findings' } }, ['Any'], { Configuration }),
  });
  await put('word');
  await cloud.settle();
  const { events } = await logs.filterLogEvents({ logGroupName: 'findings', unmask: true });
  const names = events!.map(({ message }) => JSON.parse(message!).dataIdentifiers[0].name);
  assert.deepEqual(names, ['Any']);
});

test('Reports reach buckets and delivery streams', async () => {
  const { cloud, logs, put } = await withGroups();
  const { s3, firehose, iam } = cloud.root;
  for (const Bucket of ['audits', 'streamed']) await s3.createBucket({ Bucket });
  const trust = { Effect: 'Allow', Principal: { Service: 'firehose.amazonaws.com' }, Action: 'sts:AssumeRole' };
  const document = (Statement: object) => JSON.stringify({ Version: '2012-10-17', Statement });
  const { Role } = await iam.createRole({ RoleName: 'hose', AssumeRolePolicyDocument: document(trust) });
  const PolicyDocument = document({ Effect: 'Allow', Action: 's3:*', Resource: '*' });
  await iam.putRolePolicy({ RoleName: 'hose', PolicyName: 'p', PolicyDocument });
  await firehose.createDeliveryStream({
    DeliveryStreamName: 'hose',
    ExtendedS3DestinationConfiguration: { RoleARN: Role!.Arn, BucketARN: 'arn:aws:s3:::streamed' },
  });
  cloud.advance('PT1M');
  const destinations = { S3: { Bucket: 'audits' }, Firehose: { DeliveryStream: 'hose' } };
  await logs.putDataProtectionPolicy({ logGroupIdentifier: 'app', policyDocument: policy(destinations) });
  await put('a@b.org');
  await put('c@d.org');
  for (let times = 0; times < 2; times++) {
    cloud.advance('PT5M');
    await cloud.settle();
  }
  for (const bucket of ['audits', 'streamed']) {
    const lines = (await bucketText(cloud.root, bucket)).trimEnd().split('\n');
    assert.deepEqual(
      lines.map((line) => JSON.parse(line).dataIdentifiers[0].count),
      [1, 1],
      bucket,
    );
  }
  assert.equal((await s3.listObjectsV2({ Bucket: 'audits' })).KeyCount, 1);
});

test('Destinations that are not there, or that the caller may not open, are refused', async () => {
  const { cloud, logs } = await withGroups();
  const put = (to: object, clients: Clients = cloud.root) =>
    clients.logs.putDataProtectionPolicy({ logGroupIdentifier: 'app', policyDocument: policy(to) });
  await rejected(put({ CloudWatchLogs: { LogGroup: 'none' } }), 'InvalidParameter', /log group none .* does not exist/);
  await rejected(put({ S3: { Bucket: 'nobodys-bucket' } }), 'InvalidParameter', /nobodys-bucket .* does not exist/);
  await rejected(put({ Firehose: { DeliveryStream: 'none' } }), 'InvalidParameter', /none .* does not exist/);
  await rejected(put({ S3: {} }), 'InvalidParameter', /S3 must have a Bucket/);
  await rejected(put({ Lambda: {} }), 'InvalidParameter', /Lambda is no destination/);
  await cloud.root.s3.createBucket({ Bucket: 'audits' });
  const allowed = { Effect: 'Allow', Action: 'logs:*', Resource: '*' };
  const alice = await cloud.user('alice', { Version: '2012-10-17', Statement: [allowed] });
  await rejected(put({ S3: { Bucket: 'audits' } }, alice), 'AccessDenied', /s3:GetBucketPolicy/);
  assert.equal((await logs.getDataProtectionPolicy({ logGroupIdentifier: 'app' })).policyDocument, undefined);
});
