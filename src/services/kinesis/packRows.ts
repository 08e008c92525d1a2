/**
 * Records as they are kept. What one call put into one shard is a pack: a small row that tells which places of the
 * shard it holds, and its bytes, encrypted, beside it. Rows only: nothing here loads an SDK client.
 *
 * Whoever puts into a shard reads and writes its head, so that places are given in the order of commits: who has read
 * up to a place has seen all before it.
 */
import { openUnder, sealUnder } from '../../core/dataKeys.ts';
import { type Transaction, table } from '../../store/store.ts';

export interface Pack {
  /** Where it lies: of one shard of one stream. */
  readonly shard: string;
  /** Places of its first and its last record. */
  readonly first: number;
  readonly last: number;
  /** When it came, in milliseconds: in a shard never before the one before. */
  readonly at: number;
  /** Of data and partition keys. */
  readonly bytes: number;
  /** The data key of KMS under which it is encrypted, itself encrypted, in base 64. */
  readonly dataKey?: string | undefined;
}

/** A place or a time as a key part. */
export const ordered = (value: number) => String(Math.max(0, Math.ceil(value))).padStart(16, '0');

/** By the last place, so that a list from a place on begins with the pack that holds it. */
export const packs = table<Pack>('kinesis_pack', {
  key: ({ shard, last }) => [shard, ordered(last)],
  indexes: { at: ({ shard, at }) => [[shard, ordered(at)]] },
});

export interface Head {
  readonly shard: string;
  /** Place of the next record. */
  readonly next: number;
  /** When the last one came. */
  readonly at: number;
  /** What of the shard's throughput is in use at that moment; it drains with time. */
  readonly records: number;
  readonly bytes: number;
  /** Of a stream on demand: what it was sent within a minute. */
  readonly load?: Load | undefined;
  /** Somebody was told that the shard has ended. */
  readonly ended?: true | undefined;
}

export interface Load {
  /** Minutes since 1970. */
  readonly minute: number;
  readonly bytes: number;
  readonly records: number;
}

export const heads = table<Head>('kinesis_head', { key: ({ shard }) => [shard] });

/** The place of a shard's first record. */
export const FIRST_PLACE = 1;

export const headOf = async ({ store }: { readonly store: Pick<Transaction, 'get'> }, shard: string): Promise<Head> =>
  (await store.get(heads, [shard])) ?? { shard, next: FIRST_PLACE, at: 0, records: 0, bytes: 0 };

export interface Entry {
  /** A stream that takes records without one may have such. */
  readonly key: string | undefined;
  readonly data: Uint8Array;
}

export const entryBytes = ({ key, data }: Entry) => data.length + (key === undefined ? 0 : Buffer.byteLength(key));

const bytesId = ({ shard, last }: Pack) => `kinesis/${shard}/${last}`;

export async function keepPack(
  tx: Transaction,
  row: Pack,
  entries: readonly Entry[],
  key: Uint8Array,
  nonce: Uint8Array,
) {
  await tx.insert(packs, row);
  tx.putBytes(bytesId(row), sealUnder(key, framed(entries), nonce, bytesId(row)));
}

export async function dropPack(tx: Transaction, row: Pack): Promise<void> {
  await tx.remove(packs, packs.key(row));
  tx.dropBytes(bytesId(row));
}

/** None where they were taken away meanwhile. */
export async function entriesOf(tx: Transaction, row: Pack, key: () => Promise<Uint8Array>): Promise<readonly Entry[]> {
  const bytes = await tx.bytes(bytesId(row));
  return bytes ? unframed(openUnder(await key(), bytes, bytesId(row))) : [];
}

const KEYLESS = 0xffff;
const FRAME_BYTES = 6;

/** Of each record the lengths of key and data, then both. */
function framed(entries: readonly Entry[]): Buffer {
  return Buffer.concat(
    entries.flatMap(({ key, data }) => {
      const named = Buffer.from(key ?? '');
      const lengths = Buffer.alloc(FRAME_BYTES);
      lengths.writeUInt16BE(key === undefined ? KEYLESS : named.length, 0);
      lengths.writeUInt32BE(data.length, 2);
      return [lengths, named, data];
    }),
  );
}

function unframed(bytes: Buffer): Entry[] {
  const entries: Entry[] = [];
  for (let at = 0; at < bytes.length; ) {
    const named = bytes.readUInt16BE(at);
    const from = at + FRAME_BYTES + (named === KEYLESS ? 0 : named);
    const key = named === KEYLESS ? undefined : bytes.toString('utf8', at + FRAME_BYTES, from);
    const length = bytes.readUInt32BE(at + 2);
    entries.push({ key, data: bytes.subarray(from, from + length) });
    at = from + length;
  }
  return entries;
}
