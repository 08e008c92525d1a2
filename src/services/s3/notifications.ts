/**
 * What happens to objects, told to whom the bucket's owner wants it told: queues and topics by a task each, EventBridge
 * by an event, all of it in the write set of what happened.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
 */
import type { NotificationConfigurationFilter, QueueConfiguration, TopicConfiguration } from '@aws-sdk/client-s3';
import type { Context } from '../../core/context.ts';
import { emit } from '../../core/events.ts';
import { later } from '../../core/tasks.ts';
import type { BucketTarget } from './access.ts';
import { bucketArn } from './bucketRows.ts';
import { ownerId } from './grants.ts';
import { hostIdOf, NOTIFY, type Notice } from './notices.ts';
import { owedReplication } from './replicationOwed.ts';
import type { ObjectVersion } from './versions.ts';

/** One thing that happened to a version of an object. */
export interface ObjectEvent {
  /** `s3:ObjectCreated:Put` without its prefix: `ObjectCreated:Put`, `ObjectRemoved:DeleteMarkerCreated`. */
  readonly name: string;
  readonly version: ObjectVersion;
  /** As EventBridge's `reason`: `PutObject`, `CompleteMultipartUpload`, `Lifecycle Expiration`. */
  readonly reason: string;
  /** Members of its record that other events have not. */
  readonly data?: object;
}

/** Called inside the write set that makes it happen. */
export async function objectEvent(ctx: Context, target: BucketTarget, event: ObjectEvent): Promise<void> {
  const { bucket, settings } = target;
  await replicated(ctx, target, event);
  const wishes = settings.notifications;
  if (!wishes) return;
  if (wishes.EventBridgeConfiguration) tellEventBridge(ctx, target, event);
  for (const wish of [...(wishes.QueueConfigurations ?? []), ...(wishes.TopicConfigurations ?? [])]) {
    if (!wants(wish, event)) continue;
    const arn = 'QueueArn' in wish ? wish.QueueArn : wish.TopicArn;
    const message = JSON.stringify({ Records: [recordOf(ctx, target, event, wish.Id ?? '')] });
    const body: Notice = { to: arn!, bucket: bucket.name, message };
    await later(ctx, { kind: NOTIFY, body, account: bucket.account, region: bucket.region });
  }
}

/** What lifecycle rules do is not replicated, nor is it replicated that a version is removed. */
async function replicated(ctx: Context, target: BucketTarget, { name, version }: ObjectEvent): Promise<void> {
  if (name.startsWith('ObjectCreated:') || name === 'ObjectRemoved:DeleteMarkerCreated') {
    await owedReplication(ctx, target, version, 'made');
  } else if (name.startsWith('ObjectTagging:') || name.startsWith('ObjectAcl:')) {
    await owedReplication(ctx, target, version, 'change');
  }
}

type Wish = QueueConfiguration | TopicConfiguration;

function wants({ Events = [], Filter }: Wish, { name, version }: ObjectEvent): boolean {
  const full = `s3:${name}`;
  const named = Events.some((event: string) =>
    event.endsWith(':*') ? full.startsWith(event.slice(0, -1)) : event === full,
  );
  return named && passes(Filter, version.key);
}

function passes(filter: NotificationConfigurationFilter | undefined, key: string): boolean {
  return (filter?.Key?.FilterRules ?? []).every(({ Name, Value = '' }) =>
    Name?.toLowerCase() === 'prefix' ? key.startsWith(Value) : key.endsWith(Value),
  );
}

/** Grows with each version of a key. */
const sequencerOf = ({ stamp }: ObjectVersion) => stamp.toString(16).toUpperCase().padStart(18, '0');

/** Events about more than the bytes are of later versions of the structure. */
const VERSIONS: readonly (readonly [events: RegExp, version: string])[] = [
  [/^Replication/, '2.2'],
  [/^(?:Lifecycle|ObjectAcl|ObjectTagging|ObjectRestore)/, '2.3'],
];

function recordOf(ctx: Context, { bucket }: BucketTarget, event: ObjectEvent, configurationId: string) {
  const { name, version, data } = event;
  const { caller, requestId, source } = ctx;
  return {
    eventVersion: VERSIONS.find(([events]) => events.test(name))?.[1] ?? '2.1',
    eventSource: 'aws:s3',
    awsRegion: bucket.region,
    eventTime: ctx.now.toISOString(),
    eventName: name,
    userIdentity: { principalId: caller.type === 'Service' ? caller.service : `AWS:${caller.userId}` },
    requestParameters: { sourceIPAddress: caller.type === 'Service' ? caller.service : source.ip },
    responseElements: { 'x-amz-request-id': requestId, 'x-amz-id-2': hostIdOf(requestId) },
    s3: {
      s3SchemaVersion: '1.0',
      configurationId,
      bucket: {
        name: bucket.name,
        ownerIdentity: { principalId: retailId(bucket.account) },
        arn: bucketArn(bucket.name),
      },
      object: recordedObject(name, version),
    },
    ...data,
    ...(name === 'ObjectRestore:Completed' && {
      glacierEventData: {
        restoreEventData: {
          ...(version.restore && { lifecycleRestorationExpiryTime: new Date(version.restore.until).toISOString() }),
          lifecycleRestoreStorageClass: version.storageClass,
        },
      },
    }),
    ...(name === 'LifecycleTransition' && {
      lifecycleEventData: { transitionEventData: { destinationStorageClass: version.storageClass ?? 'STANDARD' } },
    }),
  };
}

/** The customer id of old, which nothing uses any more. */
const retailId = (account: string) => `A${ownerId(account).slice(0, 13).toUpperCase()}`;

function recordedObject(name: string, version: ObjectVersion): object {
  const { key, id, size, etag, deleteMarker } = version;
  const gone = name === 'ObjectRemoved:Delete' || name === 'LifecycleExpiration:Delete';
  return {
    key: encoded(key),
    ...(!gone && !deleteMarker && { size }),
    ...(!gone && { eTag: deleteMarker ? EMPTY_MD5 : etag }),
    ...(id !== 'null' && { versionId: id }),
    sequencer: sequencerOf(version),
  };
}

const EMPTY_MD5 = 'd41d8cd98f00b204e9800998ecf8427e';

/** As a form has it, with its slashes. */
const encoded = (key: string) =>
  encodeURIComponent(key)
    .replace(/[!'()]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+')
    .replaceAll('%2F', '/');

/** Name → what EventBridge calls it; what is not there it is not told. */
const DETAIL_TYPES: readonly (readonly [prefix: string, detailType: string])[] = [
  ['ObjectCreated:', 'Object Created'],
  ['ObjectRemoved:', 'Object Deleted'],
  ['LifecycleExpiration:', 'Object Deleted'],
  ['LifecycleTransition', 'Object Storage Class Changed'],
  ['ObjectRestore:Post', 'Object Restore Initiated'],
  ['ObjectRestore:Completed', 'Object Restore Completed'],
  ['ObjectRestore:Delete', 'Object Restore Expired'],
  ['ObjectAcl:', 'Object ACL Updated'],
  ['ObjectTagging:Put', 'Object Tags Added'],
  ['ObjectTagging:Delete', 'Object Tags Deleted'],
];

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html */
function tellEventBridge(ctx: Context, { bucket }: BucketTarget, { name, version, reason }: ObjectEvent): void {
  const detailType = DETAIL_TYPES.find(([prefix]) => name.startsWith(prefix))?.[1];
  if (detailType === undefined) return;
  const { caller, source } = ctx;
  const { key, id, size, etag, deleteMarker } = version;
  const permanent = name.endsWith(':Delete') && detailType === 'Object Deleted';
  emit(ctx, {
    source: 'aws.s3',
    detailType,
    resources: [bucketArn(bucket.name)],
    account: bucket.account,
    region: bucket.region,
    detail: {
      version: '0',
      bucket: { name: bucket.name },
      object: {
        key,
        ...(!permanent && !deleteMarker && { size }),
        ...(!permanent && { etag: deleteMarker ? EMPTY_MD5 : etag }),
        ...(id !== 'null' && { 'version-id': id }),
        sequencer: sequencerOf(version).toLowerCase(),
      },
      'request-id': ctx.requestId,
      requester: caller.service ?? (caller.type === 'Anonymous' ? 'anonymous' : caller.account),
      ...(caller.type !== 'Service' && { 'source-ip-address': source.ip }),
      ...(/^(?:ObjectCreated|ObjectRemoved|LifecycleExpiration):/.test(name) && { reason }),
      ...(detailType === 'Object Deleted' && {
        'deletion-type': permanent ? 'Permanently Deleted' : 'Delete Marker Created',
      }),
      ...(name.startsWith('ObjectRestore:') && { 'source-storage-class': version.storageClass }),
      ...(name === 'ObjectRestore:Completed' &&
        version.restore && { 'restore-expiry-time': new Date(version.restore.until).toISOString() }),
      ...(name === 'LifecycleTransition' && { 'destination-storage-class': version.storageClass ?? 'STANDARD' }),
    },
  });
}
