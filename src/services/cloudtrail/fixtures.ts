/** What tests of trails and of Lake begin with: a bucket that lets CloudTrail in, event data stores, queries. */
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

export async function storeIn(cloud: Cloud, settings: object = {}) {
  const made = await cloud.root.cloudtrail.createEventDataStore({ Name: 'events', ...settings });
  const arn = made.EventDataStoreArn!;
  return { arn, id: arn.slice(arn.lastIndexOf('/') + 1), made };
}

const ACTIVITY = [{ FieldSelectors: [{ Field: 'eventCategory', Equals: ['ActivityAuditLog'] }] }];

export const activityStore = (cloud: Cloud, settings: object = {}) =>
  storeIn(cloud, { Name: 'activity', AdvancedEventSelectors: ACTIVITY, ...settings });

/** A store for events from outside of AWS, and a channel into it. */
export async function channelIn(cloud: Cloud, settings: object = {}) {
  const store = await activityStore(cloud, settings);
  const { ChannelArn = '' } = await cloud.root.cloudtrail.createChannel({
    Name: 'own-application',
    Source: 'Custom',
    Destinations: [{ Type: 'EVENT_DATA_STORE', Location: store.arn }],
  });
  return { store, channel: ChannelArn };
}

/** `eventData` of an event for that account. */
export const eventData = (account: string, more: object = {}): string =>
  JSON.stringify({
    version: '1.0',
    userIdentity: { type: 'CustomUser', principalId: 'alice', details: { team: 'red' } },
    eventSource: 'shop.example.com',
    eventName: 'Checkout',
    eventTime: '2029-12-31T23:59:00Z',
    UID: 'request-1',
    recipientAccountId: account,
    requestParameters: { basket: '17' },
    sourceIPAddress: '192.0.2.7',
    ...more,
  });

/** Asks, lets it be answered, and reads the answer. */
export async function asked(cloud: Cloud, question: Parameters<Clients['cloudtrail']['startQuery']>[0] | string) {
  const { cloudtrail } = cloud.root;
  const input = typeof question === 'string' ? { QueryStatement: question } : question;
  const { QueryId } = await cloudtrail.startQuery(input);
  await cloud.settle();
  return { QueryId: QueryId!, ...(await answerTo(cloud.root, QueryId!)) };
}

export async function answerTo({ cloudtrail }: Clients, QueryId: string) {
  const { QueryStatus, QueryResultRows, ErrorMessage, QueryStatistics } = await cloudtrail.getQueryResults({ QueryId });
  const rows = (QueryResultRows ?? []).map((row) => Object.assign({}, ...row) as Record<string, string>);
  return { QueryStatus, rows, ErrorMessage, QueryStatistics };
}
