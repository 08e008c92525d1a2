/** What tests of trails begin with: a bucket that lets CloudTrail in, and what lies in it. */
import { gunzipSync } from 'node:zlib';
import type { Clients, Cloud } from '../../testing/cloud.ts';

/** The policy that CloudTrail's user guide asks for; `folders` are those below `AWSLogs/`. */
export function bucketPolicy(bucket: string, trailArn: string, folders: readonly string[], prefix = ''): string {
  const statement = (Action: string, Resource: string | string[], conditions: object) => ({
    Effect: 'Allow',
    Principal: { Service: 'cloudtrail.amazonaws.com' },
    Action,
    Resource,
    Condition: { StringEquals: { 'aws:SourceArn': trailArn, ...conditions } },
  });
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      statement('s3:GetBucketAcl', `arn:aws:s3:::${bucket}`, {}),
      statement(
        's3:PutObject',
        folders.map((folder) => `arn:aws:s3:::${bucket}/${prefix}AWSLogs/${folder}/*`),
        { 's3:x-amz-acl': 'bucket-owner-full-control' },
      ),
    ],
  });
}

export const arnOf = (account: string, name: string, region = 'us-east-1') =>
  `arn:aws:cloudtrail:${region}:${account}:trail/${name}`;

/** A bucket of the management account's, ready for a trail of that name. */
export async function logBucket(cloud: Cloud, bucket: string, trail: string): Promise<void> {
  await cloud.root.s3.createBucket({ Bucket: bucket });
  const Policy = bucketPolicy(bucket, arnOf(cloud.managementAccount, trail), [cloud.managementAccount]);
  await cloud.root.s3.putBucketPolicy({ Bucket: bucket, Policy });
}

/** A trail that logs, into a bucket of its own. */
export async function loggingTrail(cloud: Cloud, name: string, settings: object = {}): Promise<string> {
  const bucket = `${name}-logs`;
  await logBucket(cloud, bucket, name);
  await cloud.root.cloudtrail.createTrail({ Name: name, S3BucketName: bucket, ...settings });
  await cloud.root.cloudtrail.startLogging({ Name: name });
  return bucket;
}

/** Keys of objects that have content. */
export async function keysIn(clients: Clients, bucket: string, Prefix = ''): Promise<string[]> {
  const { Contents = [] } = await clients.s3.listObjectsV2({ Bucket: bucket, Prefix });
  return Contents.filter(({ Size }) => (Size ?? 0) > 0).map(({ Key }) => Key ?? '');
}

interface DeliveredRecord {
  readonly eventName: string;
  readonly eventID: string;
  readonly awsRegion: string;
  readonly recipientAccountId: string;
  readonly eventCategory: string;
}

export async function contentOf<T>(clients: Clients, bucket: string, Key: string): Promise<T> {
  const { Body } = await clients.s3.getObject({ Bucket: bucket, Key });
  return JSON.parse(gunzipSync(await Body!.transformToByteArray()).toString()) as T;
}

/** All records that lie in the bucket's log files. */
export async function recordsIn(clients: Clients, bucket: string, prefix = ''): Promise<DeliveredRecord[]> {
  const keys = (await keysIn(clients, bucket, prefix)).filter((key) => /\/CloudTrail(-Insight)?\//.test(key));
  const files = keys.map((key) => contentOf<{ Records: DeliveredRecord[] }>(clients, bucket, key));
  return (await Promise.all(files)).flatMap(({ Records }) => Records);
}

/** Moves the clock and lets happen what is due. */
export async function later(cloud: Cloud, duration: string): Promise<void> {
  cloud.advance(duration);
  await cloud.settle();
}
