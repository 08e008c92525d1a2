/** Channels, which deliver what comes into a stream: as they are kept. */
import type { Context } from '../../core/context.ts';
import type { Tag } from '../../core/operation.ts';
import { table } from '../../store/store.ts';

export interface Channel {
  readonly account: string;
  readonly region: string;
  readonly id: string;
  readonly name: string;
  /** Milliseconds, as all times here. */
  readonly created: number;
  /** When it was found to work; CREATING before. */
  readonly active?: number | undefined;
  /** Why it was not. */
  readonly failed?: string | undefined;
  /** UPDATING until then. */
  readonly busy?: number | undefined;
  /** DELETING until then, and gone from then on. */
  readonly gone?: number | undefined;
  readonly role: string;
  readonly stream: { readonly name: string; readonly id: string; readonly created: number };
  readonly format: 'JSON' | 'STRING' | 'BYTE_ARRAY';
  readonly freshnessSeconds: number;
  readonly storage: Storage;
  readonly deadLetters?: DeadLetters | undefined;
  /** KMS key of objects. */
  readonly keyId?: string | undefined;
  readonly logs: { readonly enabled: boolean; readonly group: string; readonly stream: string };
  readonly tags: readonly Tag[];
  /** By shard, the place from which it reads on. Of shards that came later: the first one. */
  readonly next: Readonly<Record<string, number>>;
}

export interface Storage {
  readonly bucket: string;
  readonly owner: string;
  readonly template?: string | undefined;
  readonly storageClass: 'STANDARD' | 'INTELLIGENT_TIERING' | 'GLACIER_IR';
  readonly compression: 'NONE' | 'GZIP' | 'ZSTD';
}

export interface DeadLetters {
  readonly bucket: string;
  readonly owner: string;
  readonly prefix?: string | undefined;
}

/** Where nothing else is said. */
export const ERROR_PREFIX = 'error/';

/** Where records go that cannot be delivered. */
export const deadLettersOf = ({ deadLetters, storage: { bucket, owner } }: Channel): DeadLetters =>
  deadLetters ?? { bucket, owner, prefix: ERROR_PREFIX };

export const channels = table<Channel>('kinesis_channel', {
  key: ({ account, region, id }) => [account, region, id],
  indexes: {
    place: ({ account, region }) => [[account, region]],
    name: ({ account, region, name }) => [[account, region, name]],
    stream: ({ stream }) => [[stream.id]],
  },
});

type ChannelKey = readonly [account: string, region: string, id: string];

export const channelArn = ({ account, region, id }: Pick<Channel, 'account' | 'region' | 'id'>) =>
  `arn:aws:kinesis:${region}:${account}:channel/${id}`;

const ARN = /^arn:aws:kinesis:([a-z0-9-]+):(\d{12}):channel\/([a-z0-9-]{1,64})$/;

/** Undefined if the ARN is none of a channel. */
export function channelKey(arn: string): ChannelKey | undefined {
  const [, region, account, id] = ARN.exec(arn) ?? [];
  return id === undefined ? undefined : [account!, region!, id];
}

export const isThere = ({ gone }: Channel, now: Date) => gone === undefined || gone > now.getTime();

/** Undefined also when it was deleted and its time is over. */
export async function channelAt({ store, now }: Context, key: ChannelKey): Promise<Channel | undefined> {
  const channel = await store.get(channels, key);
  return channel && isThere(channel, now) ? channel : undefined;
}

export type ChannelState = 'CREATING' | 'DELETING' | 'ACTIVE' | 'UPDATING' | 'FAILED';

export function channelState({ active, failed, busy, gone }: Channel, now: Date): ChannelState {
  if (gone !== undefined) return 'DELETING';
  if (failed !== undefined) return 'FAILED';
  if (active === undefined) return 'CREATING';
  return busy !== undefined && busy > now.getTime() ? 'UPDATING' : 'ACTIVE';
}

/** Of a stream there are two at most. */
export async function channelsOf({ store, now }: Context, { id }: { readonly id: string }): Promise<Channel[]> {
  const { rows } = await store.list(channels, [id], { index: 'stream', limit: 10 });
  return rows.filter((channel) => isThere(channel, now));
}
