import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Transaction } from '../../store/store.ts';
import type { Cloud } from '../../testing/cloud.ts';
import { testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';
import { arnOf, bucketPolicy, contentOf, keysIn, later, logBucket, loggingTrail, recordsIn } from './fixtures.ts';

const named = async (cloud: Cloud, bucket: string, pattern = /^Create(Group|User)$/) =>
  (await recordsIn(cloud.root, bucket)).map(({ eventName }) => eventName).filter((name) => pattern.test(name));

test('every interval has its file, and every record is in one', async () => {
  const cloud = await testCloud();
  const bucket = await loggingTrail(cloud, 'audit');
  for (let n = 0; n < 3; n++) {
    await cloud.root.iam.createGroup({ GroupName: `group-${n}` });
    await cloud.settle();
    cloud.advance('PT1M');
    await cloud.root.iam.createUser({ UserName: `user-${n}` });
    await later(cloud, 'PT4M');
  }
  const files = await keysIn(cloud.root, bucket);
  assert.equal(files.length, 3);
  const folder = `AWSLogs/${cloud.managementAccount}/CloudTrail/us-east-1/2030/01/01/${cloud.managementAccount}`;
  assert.match(files[0]!, new RegExp(`^${folder}_CloudTrail_us-east-1_20300101T0005Z_[A-Za-z0-9]{16}\\.json\\.gz$`));
  const records = await recordsIn(cloud.root, bucket);
  assert.equal(new Set(records.map(({ eventID }) => eventID)).size, records.length);
  assert.equal((await named(cloud, bucket)).length, 6);
  const object = await cloud.root.s3.headObject({ Bucket: bucket, Key: files[0]! });
  assert.deepEqual([object.ContentType, object.ContentEncoding], ['application/json', 'gzip']);
  assert.equal(object.ServerSideEncryption, 'AES256');
});

test('an interval without calls has no log file', async () => {
  const cloud = await testCloud();
  const bucket = await loggingTrail(cloud, 'audit');
  await later(cloud, 'PT5M');
  assert.equal((await keysIn(cloud.root, bucket)).length, 1);
  for (let n = 0; n < 3; n++) await later(cloud, 'PT5M');
  assert.equal((await keysIn(cloud.root, bucket)).length, 1);
});

test('a clock that leaps is followed by digests that are bounded in number and whole in time', async () => {
  const cloud = await testCloud();
  const bucket = await loggingTrail(cloud, 'audit', { EnableLogFileValidation: true });
  await later(cloud, 'P30D');
  const keys = (await keysIn(cloud.root, bucket)).filter((key) => key.includes('CloudTrail-Digest'));
  assert.equal(keys.length, 24);
  const digests = await Promise.all(keys.map((key) => contentOf<Digest>(cloud.root, bucket, key)));
  digests.sort((a, b) => (a.digestEndTime < b.digestEndTime ? -1 : 1));
  assert.equal(digests[0]?.digestStartTime, '2030-01-01T00:00:00Z');
  assert.equal(digests.at(-1)?.digestEndTime, '2030-01-31T00:00:00Z');
  for (const [n, digest] of digests.entries()) {
    if (n > 0) assert.equal(digest.digestStartTime, digests[n - 1]?.digestEndTime);
    assert.equal(digest.previousDigestS3Object, n === 0 ? null : digests[n - 1]?.digestS3Object);
  }
});

interface Digest {
  readonly digestStartTime: string;
  readonly digestEndTime: string;
  readonly digestS3Object: string;
  readonly previousDigestS3Object: string | null;
}

test('what a bucket refuses is delivered once it lets CloudTrail in again', async () => {
  const cloud = await testCloud();
  const bucket = await loggingTrail(cloud, 'audit', { EnableLogFileValidation: true });
  const { s3, cloudtrail, iam } = cloud.root;
  await s3.deleteBucketPolicy({ Bucket: bucket });
  await iam.createGroup({ GroupName: 'kept' });
  await later(cloud, 'PT5M');
  await later(cloud, 'PT3H');
  assert.deepEqual(await named(cloud, bucket), []);
  const status = await cloudtrail.getTrailStatus({ Name: 'audit' });
  assert.deepEqual([status.LatestDeliveryError, status.LatestDigestDeliveryError], ['AccessDenied', 'AccessDenied']);
  assert.equal(status.LatestDeliveryTime, undefined);
  const arn = arnOf(cloud.managementAccount, 'audit');
  await s3.putBucketPolicy({ Bucket: bucket, Policy: bucketPolicy(bucket, arn, [cloud.managementAccount]) });
  await later(cloud, 'PT1H');
  await later(cloud, 'PT1H');
  assert.deepEqual(await named(cloud, bucket), ['CreateGroup']);
  const after = await cloudtrail.getTrailStatus({ Name: 'audit' });
  assert.deepEqual([after.LatestDeliveryError, after.LatestDigestDeliveryError], [undefined, undefined]);
  const digests = (await keysIn(cloud.root, bucket)).filter((key) => key.includes('CloudTrail-Digest'));
  assert.equal(digests.length, 5);
});

test('a trail that is stopped or deleted still delivers what happened before', async () => {
  const cloud = await testCloud();
  const stopped = await loggingTrail(cloud, 'stopped');
  const deleted = await loggingTrail(cloud, 'deleted');
  await cloud.root.iam.createGroup({ GroupName: 'before' });
  cloud.advance('PT1S');
  await cloud.root.cloudtrail.stopLogging({ Name: 'stopped' });
  await cloud.root.cloudtrail.deleteTrail({ Name: 'deleted' });
  cloud.advance('PT1S');
  await cloud.root.iam.createUser({ UserName: 'after' });
  await later(cloud, 'PT5M');
  await later(cloud, 'PT5M');
  assert.deepEqual(await named(cloud, stopped), ['CreateGroup']);
  assert.deepEqual(await named(cloud, deleted), ['CreateGroup']);
  await cloud.root.cloudtrail.createTrail({ Name: 'deleted', S3BucketName: deleted });
  const anew = await cloud.root.cloudtrail.getTrailStatus({ Name: 'deleted' });
  assert.deepEqual([anew.LatestDeliveryTime, anew.LatestDeliveryAttemptTime], [undefined, '']);
  const { IsLogging, StopLoggingTime } = await cloud.root.cloudtrail.getTrailStatus({ Name: 'stopped' });
  assert.deepEqual([IsLogging, StopLoggingTime?.toISOString()], [false, '2030-01-01T00:00:01.000Z']);
});

test('what was gathered and not kept is gathered again: nothing lost, nothing twice', async () => {
  const cloud = await testCloud();
  const bucket = await loggingTrail(cloud, 'audit');
  await cloud.root.iam.createGroup({ GroupName: 'first' });
  await cloud.settle();
  const { store } = cloud.deps;
  const plain = store.transaction.bind(store);
  let refused = 0;
  // The plane goes down at each of its next writes behind the requests.
  store.transaction = async (work) =>
    plain(async (tx) => {
      const result = await work({
        ...(proxied(tx) as Transaction),
        replace: async (table, row) => {
          if (table.name === 'trail_parcel' && refused++ < 3) throw new Error('the lights went out');
          return tx.replace(table, row);
        },
      });
      return result;
    });
  cloud.advance('PT5M');
  for (let n = 0; n < 3; n++) await assert.rejects(cloud.settle(), /lights/);
  store.transaction = plain;
  await cloud.settle();
  await cloud.root.iam.createUser({ UserName: 'second' });
  await later(cloud, 'PT5M');
  assert.deepEqual(await named(cloud, bucket), ['CreateGroup', 'CreateUser']);
});

function proxied(tx: object): unknown {
  const members: Record<string, unknown> = {};
  for (const name of [
    'get',
    'insert',
    'replace',
    'remove',
    'list',
    'count',
    'fits',
    'putBytes',
    'bytes',
    'dropBytes',
    'append',
    'watch',
  ]) {
    const member = (tx as Record<string, unknown>)[name];
    if (typeof member === 'function') members[name] = member.bind(tx);
  }
  return members;
}

test('log files are encrypted under the trail’s key, bound to the trail', async () => {
  const cloud = await testCloud();
  const { kms, cloudtrail, s3 } = cloud.root;
  const arn = arnOf(cloud.managementAccount, 'sealed');
  await logBucket(cloud, 'sealed-logs', 'sealed');
  const { KeyMetadata } = await kms.createKey({});
  const make = () =>
    cloudtrail.createTrail({ Name: 'sealed', S3BucketName: 'sealed-logs', KmsKeyId: KeyMetadata!.KeyId! });
  await rejected(
    make(),
    'InsufficientEncryptionPolicy',
    /Insufficient permissions to access S3 bucket sealed-logs or KMS key/,
  );
  const Principal = { Service: 'cloudtrail.amazonaws.com' };
  const policy = (context: string) =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Principal: { AWS: cloud.managementAccount }, Action: 'kms:*', Resource: '*' },
        {
          Effect: 'Allow',
          Principal,
          Action: 'kms:GenerateDataKey*',
          Resource: '*',
          Condition: {
            StringEquals: { 'aws:SourceArn': arn },
            StringLike: { 'kms:EncryptionContext:aws:cloudtrail:arn': context },
          },
        },
        { Effect: 'Allow', Principal, Action: 'kms:DescribeKey', Resource: '*' },
      ],
    });
  const allow = (context: string) => kms.putKeyPolicy({ KeyId: KeyMetadata!.KeyId!, Policy: policy(context) });
  await allow('arn:aws:cloudtrail:*:999999999999:trail/*');
  await rejected(make(), 'InsufficientEncryptionPolicy', /Insufficient permissions/);
  await allow(`arn:aws:cloudtrail:*:${cloud.managementAccount}:trail/*`);
  assert.equal((await make()).KmsKeyId, KeyMetadata!.Arn);
  await cloudtrail.startLogging({ Name: 'sealed' });
  await cloud.root.iam.createGroup({ GroupName: 'sealed' });
  await later(cloud, 'PT5M');
  const [key] = await keysIn(cloud.root, 'sealed-logs');
  const head = await s3.headObject({ Bucket: 'sealed-logs', Key: key! });
  assert.deepEqual([head.ServerSideEncryption, head.SSEKMSKeyId], ['aws:kms', KeyMetadata!.Arn]);
  assert.deepEqual(await named(cloud, 'sealed-logs'), ['CreateGroup']);
  await rejected(
    cloudtrail.updateTrail({ Name: 'sealed', KmsKeyId: 'alias/none' }),
    'KmsKeyNotFound',
    /could not be found/,
  );
});

const ROLE_TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'cloudtrail.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});

test('events go to the log group that the trail names, in the role that it names', async () => {
  const cloud = await testCloud();
  const { logs, iam, cloudtrail } = cloud.root;
  const account = cloud.managementAccount;
  await loggingTrail(cloud, 'watched');
  const role = `arn:aws:iam::${account}:role/trail-logs`;
  const group = `arn:aws:logs:us-east-1:${account}:log-group:trail:*`;
  const set = (CloudWatchLogsLogGroupArn: string, CloudWatchLogsRoleArn: string) =>
    cloudtrail.updateTrail({ Name: 'watched', CloudWatchLogsLogGroupArn, CloudWatchLogsRoleArn });
  await rejected(set(group, ''), 'InvalidCloudWatchLogsRoleArn', /specify a role ARN/);
  await rejected(set('', role), 'InvalidCloudWatchLogsLogGroupArn', /specify a log group/);
  await rejected(set('arn:aws:logs:x', role), 'InvalidCloudWatchLogsLogGroupArn', /cannot validate/);
  const trust = 'Access denied. Check the trust relationships for your role.';
  await rejected(set(group, role), 'InvalidCloudWatchLogsRoleArn', trust);
  await iam.createRole({ RoleName: 'trail-logs', AssumeRolePolicyDocument: ROLE_TRUST });
  await logs.createLogGroup({ logGroupName: 'trail' });
  await rejected(
    set(group, role),
    'InvalidCloudWatchLogsLogGroupArn',
    'Access denied. Check the permissions for your role.',
  );
  const stream = `arn:aws:logs:us-east-1:${account}:log-group:trail:log-stream:${account}_CloudTrail_us-east-1*`;
  await iam.putRolePolicy({
    RoleName: 'trail-logs',
    PolicyName: 'write',
    PolicyDocument: JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: stream }],
    }),
  });
  const shown = await set(group, role);
  assert.deepEqual([shown.CloudWatchLogsLogGroupArn, shown.CloudWatchLogsRoleArn], [group, role]);
  await iam.createUser({ UserName: 'alice' });
  await later(cloud, 'PT5M');
  const { events = [] } = await logs.filterLogEvents({ logGroupName: 'trail' });
  const names = events.map(({ message }) => JSON.parse(message ?? '{}').eventName);
  assert.ok(names.includes('CreateUser'), names.join());
  assert.equal(events[0]?.logStreamName, `${account}_CloudTrail_us-east-1`);
  assert.ok((await cloudtrail.getTrailStatus({ Name: 'watched' })).LatestCloudWatchLogsDeliveryTime);
});

test('each delivery is told to the trail’s topic', async () => {
  const cloud = await testCloud();
  const { sns, sqs, cloudtrail } = cloud.root;
  const account = cloud.managementAccount;
  const bucket = await loggingTrail(cloud, 'told');
  const set = (SnsTopicName: string) => cloudtrail.updateTrail({ Name: 'told', SnsTopicName });
  const sentence = 'SNS Topic does not exist or the topic policy is incorrect!';
  await rejected(set('deliveries'), 'InsufficientSnsTopicPolicy', sentence);
  const { TopicArn } = await sns.createTopic({ Name: 'deliveries' });
  await rejected(set('deliveries'), 'InsufficientSnsTopicPolicy', sentence);
  const allow = (Principal: object, Action: string, Resource: string, source: string) =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Principal, Action, Resource, Condition: { StringEquals: { 'aws:SourceArn': source } } },
      ],
    });
  await sns.setTopicAttributes({
    TopicArn: TopicArn!,
    AttributeName: 'Policy',
    AttributeValue: allow({ Service: 'cloudtrail.amazonaws.com' }, 'SNS:Publish', TopicArn!, arnOf(account, 'told')),
  });
  const { QueueUrl } = await sqs.createQueue({ QueueName: 'deliveries' });
  const queueArn = `arn:aws:sqs:us-east-1:${account}:deliveries`;
  const Policy = allow({ Service: 'sns.amazonaws.com' }, 'sqs:SendMessage', queueArn, TopicArn!);
  await sqs.setQueueAttributes({ QueueUrl: QueueUrl!, Attributes: { Policy } });
  await sns.subscribe({ TopicArn: TopicArn!, Protocol: 'sqs', Endpoint: queueArn });
  const shown = await set('deliveries');
  assert.deepEqual([shown.SnsTopicARN, shown.SnsTopicName], [TopicArn, 'deliveries']);
  await later(cloud, 'PT5M');
  const { Messages = [] } = await sqs.receiveMessage({ QueueUrl: QueueUrl!, MaxNumberOfMessages: 10 });
  const messages = Messages.map(({ Body }) => JSON.parse(Body ?? '{}').Message as string);
  const keys = await keysIn(cloud.root, bucket);
  const notice = JSON.stringify({ s3Bucket: bucket, s3ObjectKey: keys });
  assert.deepEqual(messages.toSorted(), ['CloudTrail validation message.', notice]);
  const status = await cloudtrail.getTrailStatus({ Name: 'told' });
  assert.equal(status.LatestNotificationTime?.toISOString(), '2030-01-01T00:05:00.000Z');
});
