/**
 * Delivery streams as they are kept. What only time changes (being created, being deleted) is read off the clock. It
 * loads with the plane, so it imports nothing of the SDK.
 */
import type {
  CloudWatchLoggingOptions,
  ExtendedS3DestinationDescription,
  HttpEndpointDestinationDescription,
  S3DestinationDescription,
} from '@aws-sdk/client-firehose';
import type { Tag } from '../../core/operation.ts';
import { type Transaction, table } from '../../store/store.ts';

export interface StreamName {
  readonly account: string;
  readonly region: string;
  readonly name: string;
}

/** A bucket, with what Firehose puts around it. */
export type S3Settings = S3DestinationDescription;
export type ExtendedS3Settings = Omit<ExtendedS3DestinationDescription, 'S3BackupDescription'>;
export type HttpSettings = Omit<HttpEndpointDestinationDescription, 'S3DestinationDescription'>;
export type { CloudWatchLoggingOptions };

export type Destination =
  | { readonly kind: 's3'; readonly settings: ExtendedS3Settings; readonly backup?: S3Settings | undefined }
  | {
      readonly kind: 'http';
      readonly settings: HttpSettings;
      /** Where goes what the endpoint does not take, or all of it. */
      readonly backup: S3Settings;
      /** Sealed under the plane's root key. */
      readonly accessKey?: string | undefined;
    };

export interface Encryption {
  readonly type: 'AWS_OWNED_CMK' | 'CUSTOMER_MANAGED_CMK';
  readonly keyArn?: string | undefined;
  /** Of the key's grant, and the data key of `keyArn` that new records are sealed under. */
  readonly grant?: string | undefined;
  readonly dataKey?: string | undefined;
  /** What they are sealed under until that key is in use. */
  readonly before?: string | undefined;
}

export interface Stream extends StreamName {
  /** Of this stream and no other that had its name. */
  readonly id: string;
  readonly type: 'DirectPut' | 'KinesisStreamAsSource';
  /** Of a Kinesis stream that it reads. */
  readonly source?: { readonly streamArn: string; readonly roleArn: string } | undefined;
  readonly throughputHint?: number | undefined;
  /** Milliseconds. */
  readonly created: number;
  readonly updated?: number | undefined;
  readonly deleted?: number | undefined;
  readonly version: number;
  readonly destination: Destination;
  readonly tags: readonly Tag[];
  readonly encryption?: Encryption | undefined;
  /** When it was last turned on or off; and every time within a day, for the limit on that. */
  readonly encryptionChanges: readonly number[];
}

/** Index `type`: [account, region, type]. */
export const streams = table<Stream>('firehose_stream', {
  key: ({ account, region, name }) => [account, region, name],
  indexes: {
    place: ({ account, region }) => [[account, region]],
    type: ({ account, region, type, name }) => [[account, region, type, name]],
    id: ({ id }) => [[id]],
  },
});

export const SERVICE = 'firehose.amazonaws.com';

export const streamArn = ({ account, region, name }: StreamName) =>
  `arn:aws:firehose:${region}:${account}:deliverystream/${name}`;

const CREATING_MS = 10_000;
/** How long a stream that was deleted is still shown. */
export const DELETING_MS = 30_000;

export function statusOf({ created, deleted }: Stream, now: Date): 'CREATING' | 'ACTIVE' | 'DELETING' {
  if (deleted !== undefined) return 'DELETING';
  return now.getTime() < created + CREATING_MS ? 'CREATING' : 'ACTIVE';
}

const isGone = ({ deleted }: Stream, now: Date) => deleted !== undefined && now.getTime() >= deleted + DELETING_MS;

/** Undefined, too, of a stream whose deletion is over. */
export async function findStream(
  store: Pick<Transaction, 'get'>,
  { account, region, name }: StreamName,
  now: Date,
): Promise<Stream | undefined> {
  const stream = await store.get(streams, [account, region, name]);
  return stream && !isGone(stream, now) ? stream : undefined;
}

/** The stream with this id, if it is there and not being deleted. */
export async function streamWithId(store: Transaction, id: string): Promise<Stream | undefined> {
  const { rows } = await store.list(streams, [id], { limit: 1, index: 'id', unchecked: true });
  const stream = rows[0] && (await store.get(streams, streams.key(rows[0])));
  return stream?.id === id && stream.deleted === undefined ? stream : undefined;
}

export const isVisible = (now: Date) => (stream: Stream) => !isGone(stream, now);
