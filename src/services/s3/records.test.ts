/** What CloudTrail's records tell of S3: AWS's names of events, and of what they are about. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';

const Bucket = 'on-record';

interface Recorded {
  readonly eventName: string;
  readonly eventType: string;
  readonly readOnly: boolean;
  readonly managementEvent: boolean;
  readonly recipientAccountId: string;
  readonly requestParameters: Record<string, unknown>;
  readonly resources: readonly object[];
  readonly additionalEventData: Record<string, unknown>;
}

/** All records since `after`. */
async function recordsOf({ deps }: Cloud, kind: 'api' | 'data', after = 0): Promise<Recorded[]> {
  await deps.store.journal.catchUp();
  const entries = await deps.store.journal.read(after, 1000);
  return entries.filter((entry) => entry.kind === kind).map(({ body }) => JSON.parse(body) as Recorded);
}

test('events are called as CloudTrail calls them, where that is not the name of the operation', async () => {
  const cloud = await testCloud();
  const { s3, s3control } = cloud.root;
  await s3.createBucket({ Bucket, ObjectLockEnabledForBucket: true });
  const before = await cloud.deps.store.journal.tip();
  const AccountId = cloud.managementAccount;
  const PublicAccessBlockConfiguration = { BlockPublicAcls: true };
  const Rules = [{ Status: 'Enabled', Filter: {}, Expiration: { Days: 1 } }] as const;
  const ObjectLockConfiguration = { ObjectLockEnabled: 'Enabled' } as const;
  await s3.putBucketLifecycleConfiguration({ Bucket, LifecycleConfiguration: { Rules: [...Rules] } });
  await s3.getBucketLifecycleConfiguration({ Bucket });
  await s3.deleteBucketLifecycle({ Bucket });
  await s3.putPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration });
  await s3.getPublicAccessBlock({ Bucket });
  await s3.deletePublicAccessBlock({ Bucket });
  await s3.putBucketNotificationConfiguration({ Bucket, NotificationConfiguration: {} });
  await s3.getBucketNotificationConfiguration({ Bucket });
  await s3.putObjectLockConfiguration({ Bucket, ObjectLockConfiguration });
  await s3.getObjectLockConfiguration({ Bucket });
  await s3.putBucketAccelerateConfiguration({ Bucket, AccelerateConfiguration: { Status: 'Suspended' } });
  await s3.getBucketAccelerateConfiguration({ Bucket });
  await s3.getBucketLocation({ Bucket });
  await s3control.putPublicAccessBlock({ AccountId, PublicAccessBlockConfiguration });
  await s3control.getPublicAccessBlock({ AccountId });
  await s3control.deletePublicAccessBlock({ AccountId });
  const records = await recordsOf(cloud, 'api', before);
  assert.deepEqual(
    records.map(({ eventName }) => eventName),
    [
      ...['PutBucketLifecycle', 'GetBucketLifecycle', 'DeleteBucketLifecycle'],
      ...['PutBucketPublicAccessBlock', 'GetBucketPublicAccessBlock', 'DeleteBucketPublicAccessBlock'],
      ...['PutBucketNotification', 'GetBucketNotification'],
      ...['PutBucketObjectLockConfiguration', 'GetBucketObjectLockConfiguration'],
      ...['PutAccelerateConfiguration', 'GetAccelerateConfiguration', 'GetBucketLocation'],
      ...['PutAccountPublicAccessBlock', 'GetAccountPublicAccessBlock', 'DeleteAccountPublicAccessBlock'],
    ],
  );
  for (const { eventName, requestParameters, readOnly } of records) {
    assert.equal(requestParameters.bucketName, eventName.includes('Account') ? undefined : Bucket, eventName);
    assert.equal(readOnly, eventName.startsWith('Get'), eventName);
  }
});

/** Data events of what begins so are wanted. */
async function observed(StartsWith: string) {
  const cloud = await testCloud();
  const { s3, s3control, cloudtrail } = cloud.root;
  await s3.createBucket({ Bucket });
  await cloudtrail.createEventDataStore({
    Name: 'objects',
    AdvancedEventSelectors: [
      {
        FieldSelectors: [
          { Field: 'eventCategory', Equals: ['Data'] },
          { Field: 'resources.type', Equals: ['AWS::S3::Object'] },
          { Field: 'resources.ARN', StartsWith: [StartsWith] },
        ],
      },
    ],
  });
  return { cloud, s3, s3control, AccountId: cloud.managementAccount, seen: () => recordsOf(cloud, 'data') };
}

const ofBucket = (accountId: string) => ({ accountId, type: 'AWS::S3::Bucket', ARN: `arn:aws:s3:::${Bucket}` });
const all = { type: 'AWS::S3::Object', ARNPrefix: `arn:aws:s3:::${Bucket}/` };
const one = (key: string) => ({ type: 'AWS::S3::Object', ARN: `arn:aws:s3:::${Bucket}/${key}` });

test('lists and removals of many are data events of all objects, and each that is removed has its own', async () => {
  const { s3, seen, AccountId } = await observed(`arn:aws:s3:::${Bucket}/`);
  for (const Key of ['a', 'b']) await s3.putObject({ Bucket, Key, Body: 'x' });
  await s3.listObjectsV2({ Bucket });
  await s3.listObjects({ Bucket });
  await s3.listObjectVersions({ Bucket });
  await s3.deleteObjects({ Bucket, Delete: { Objects: [{ Key: 'a' }, { Key: 'b' }] } });
  const records = await seen();
  const told = records.map(({ eventName, eventType, resources }) => [eventName, eventType, resources]);
  const bucket = ofBucket(AccountId);
  assert.deepEqual(told, [
    ['PutObject', 'AwsApiCall', [one('a'), bucket]],
    ['PutObject', 'AwsApiCall', [one('b'), bucket]],
    ['ListObjects', 'AwsApiCall', [all, bucket]],
    ['ListObjects', 'AwsApiCall', [all, bucket]],
    ['ListObjectVersions', 'AwsApiCall', [all, bucket]],
    ['DeleteObjects', 'AwsApiCall', [all, bucket]],
    ['DeleteObject', 'AwsServiceEvent', [one('a'), bucket]],
    ['DeleteObject', 'AwsServiceEvent', [one('b'), bucket]],
  ]);
  assert.ok(records.every(({ managementEvent }) => !managementEvent));
  const { bucketName, key } = records.at(-1)!.requestParameters;
  assert.deepEqual([bucketName, key], [Bucket, 'b']);
  const { bytesTransferredIn, SignatureVersion, AuthenticationMethod } = records[0]!.additionalEventData;
  assert.deepEqual([bytesTransferredIn, SignatureVersion, AuthenticationMethod], [1, 'SigV4', 'AuthHeader']);
});

test('what comes through an access point is recorded of the bucket behind it, and of the access point', async () => {
  const { s3, s3control, seen, AccountId } = await observed(`arn:aws:s3:::${Bucket}/`);
  const { Alias, AccessPointArn } = await s3control.createAccessPoint({ AccountId, Name: 'a-point', Bucket });
  await s3.putObject({ Bucket: Alias, Key: 'k', Body: 'x' });
  await s3.listObjectsV2({ Bucket: Alias });
  await rejected(s3.getObject({ Bucket: Alias, Key: 'none' }), 'NoSuchKey', /does not exist/);
  const point = { accountId: AccountId, type: 'AWS::S3::AccessPoint', ARN: AccessPointArn };
  assert.deepEqual(
    (await seen()).map(({ eventName, resources }) => [eventName, resources]),
    [
      ['PutObject', [one('k'), ofBucket(AccountId), point]],
      ['ListObjects', [all, ofBucket(AccountId), point]],
      ['GetObject', [one('none'), ofBucket(AccountId), point]],
    ],
  );
});

test('a removal of many by another account is told to the owner of the bucket too, object by object', async () => {
  const { cloud, s3, seen, AccountId } = await observed(`arn:aws:s3:::${Bucket}/`);
  const other = await cloud.memberAccount('other');
  await s3.putObject({ Bucket, Key: 'k', Body: 'x' });
  const deleting = () => other.root.s3.deleteObjects({ Bucket, Delete: { Objects: [{ Key: 'k' }] } });
  assert.equal((await deleting()).Errors?.[0]?.Code, 'AccessDenied');
  await s3.putBucketPolicy({
    Bucket,
    Policy: JSON.stringify({
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow',
        Principal: { AWS: other.id },
        Action: 's3:DeleteObject',
        Resource: `arn:aws:s3:::${Bucket}/*`,
      },
    }),
  });
  await deleting();
  const told = (await seen()).map(({ eventName, recipientAccountId }) => [eventName, recipientAccountId]);
  assert.deepEqual(told, [
    ['PutObject', AccountId],
    ['DeleteObjects', AccountId],
    ['DeleteObjects', AccountId],
    ['DeleteObject', AccountId],
  ]);
});
