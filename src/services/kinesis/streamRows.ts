/**
 * Streams as they are kept. Rows only: nothing here loads an SDK client.
 *
 * What state a stream is in is told by times in its row: nothing must run for it to become ACTIVE, or to be gone.
 */
import type { Context } from '../../core/context.ts';
import type { Tag } from '../../core/operation.ts';
import { type Transaction, table } from '../../store/store.ts';

export interface Stream {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  /** Of this stream and no later one of its name: what lies in it is kept under it. */
  readonly id: string;
  /** Milliseconds since 1970, as all times here. */
  readonly created: number;
  /** CREATING until then. */
  readonly ready: number;
  /** UPDATING until then. */
  readonly busy?: number | undefined;
  /** DELETING until then, and gone from then on. */
  readonly gone?: number | undefined;
  readonly mode: 'PROVISIONED' | 'ON_DEMAND';
  /** Records go to any shard, whatever key they have. */
  readonly anyShard?: true | undefined;
  readonly retentionHours: number;
  readonly maxRecordKiB: number;
  readonly warmMiBps?: number | undefined;
  /** Shard-level metrics that it tells. */
  readonly monitoring: readonly string[];
  readonly encryption?: Encryption | undefined;
  /** Its principals bound to who they are (identity/principalBinding.ts). */
  readonly policy?: string | undefined;
  readonly tags: readonly Tag[];
  /** 32 bytes, sealed under the plane's root key: what lies in the stream is encrypted with it. */
  readonly key: string;
  /** When it was changed in ways that may be done so often in a day. */
  readonly changes: Readonly<Partial<Record<Rationed, readonly number[]>>>;
}

export type Rationed = 'mode' | 'shards' | 'encrypted' | 'decrypted';

export interface Encryption {
  /** As it was given; undefined: none. */
  readonly keyId: string | undefined;
  /** In force from then on, and what was in force before. */
  readonly from: number;
  readonly before: string | undefined;
}

export const streams = table<Stream>('kinesis_stream', {
  key: ({ account, region, name }) => [account, region, name],
  indexes: {
    mode: ({ account, region, mode, warmMiBps, gone }) => {
      if (gone !== undefined) return [];
      const kept = [account, region, mode];
      return warmMiBps === undefined ? [kept] : [kept, [account, region, 'warm']];
    },
  },
});

export const streamArn = ({ account, region, name }: Pick<Stream, 'account' | 'region' | 'name'>) =>
  `arn:aws:kinesis:${region}:${account}:stream/${name}`;

const ARN = /^arn:aws:kinesis:([a-z0-9-]+):(\d{12}):stream\/([a-zA-Z0-9_.-]{1,128})$/;

export type StreamKey = readonly [account: string, region: string, name: string];

/** The key of the stream that an ARN names; undefined if it is none. */
export function streamKey(arn: string): StreamKey | undefined {
  const [, region, account, name] = ARN.exec(arn) ?? [];
  return name === undefined ? undefined : [account!, region!, name];
}

/** Undefined also when it was deleted and its time is over. */
export async function streamAt(
  { store, now }: Pick<Context, 'now'> & { readonly store: Pick<Transaction, 'get'> },
  key: StreamKey,
): Promise<Stream | undefined> {
  const stream = await store.get(streams, key);
  return stream && (stream.gone === undefined || stream.gone > now.getTime()) ? stream : undefined;
}

export type StreamState = 'CREATING' | 'DELETING' | 'ACTIVE' | 'UPDATING';

export function stateOf({ ready, busy, gone }: Stream, now: Date): StreamState {
  if (gone !== undefined) return 'DELETING';
  if (ready > now.getTime()) return 'CREATING';
  return busy !== undefined && busy > now.getTime() ? 'UPDATING' : 'ACTIVE';
}

/** The KMS key that records are encrypted under now, as it was given. */
export function kmsKeyOf({ encryption }: Stream, now: Date): string | undefined {
  if (!encryption) return undefined;
  return encryption.from <= now.getTime() ? encryption.keyId : encryption.before;
}
