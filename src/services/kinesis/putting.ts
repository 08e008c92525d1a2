/**
 * PutRecord and PutRecords. A record goes to the shard that owns the MD5 of its partition key. What is answered is
 * durable, and in the order of its shard.
 */
import {
  DryRunOperationException,
  type PutRecordInput,
  type PutRecordOutput,
  type PutRecordsInput,
  type PutRecordsOutput,
  type PutRecordsResultEntry,
} from '@aws-sdk/client-kinesis';
import type { Context } from '../../core/context.ts';
import { fail, ValidationFailure } from '../../core/errors.ts';
import type { Present } from '../../core/operation.ts';
import { onStream } from './access.ts';
import { inWords, noStream, refuse } from './errors.ts';
import { bytes, count, measure, measureFailure, measureShard } from './gauges.ts';
import { loadAfter } from './growth.ts';
import { keyToPut, type PackKey } from './keys.ts';
import { type Entry, entryBytes, type Head, headOf, heads, keepPack, type Pack } from './packRows.ts';
import { keepSweeping } from './retention.ts';
import { parseSequence, sequencesFrom } from './sequences.ts';
import { hashFrom, hashOf, openShards, ownerOf, placeOf, type Shard, shardId, shardMapOf } from './shardRows.ts';
import { kmsKeyOf, type Stream, stateOf } from './streamRows.ts';
import { drained, fitsIn, MIB, rateExceeded } from './throughput.ts';

/** Ten mebibytes in base 64, and what is around them. */
const BODY_BYTES_MAX = 16 * MIB;

export const PutRecord = onStream<Present<PutRecordInput>, PutRecordOutput>({
  recorded: 'data',
  bodyBytesMax: BODY_BYTES_MAX,
  readOnly: false,
  shared: true,
  async run(input, ctx, stream) {
    ctx.audit.requestParameters = { data: undefined };
    requireOrder(input, ctx, stream);
    const { placed, result } = await put(ctx, stream, [input], input.DryRun);
    const [record] = placed;
    if (!record || result.accepted === 0) throw refusedFor(ctx, stream, result.shards[0]!);
    const size = tellStream(ctx, stream, result);
    measure(ctx, stream, [bytes('PutRecord.Bytes', size), count('PutRecord.Success')]);
    return { ShardId: record.ShardId, SequenceNumber: record.SequenceNumber, ...encryptionOf(ctx, stream) };
  },
});

function refusedFor(ctx: Context, stream: Stream, { shard }: Written): Error {
  measureFailure(ctx, (kept) => {
    measure(kept, stream, [count('WriteProvisionedThroughputExceeded'), count('PutRecord.Success', 0)]);
    measureShard(kept, stream, shard.index, [count('WriteProvisionedThroughputExceeded')]);
  });
  return rateExceeded(stream, shard.index);
}

export const PutRecords = onStream<Present<PutRecordsInput>, PutRecordsOutput>({
  recorded: 'data',
  bodyBytesMax: BODY_BYTES_MAX,
  readOnly: false,
  shared: true,
  async run({ Records, DryRun }, ctx, stream) {
    ctx.audit.requestParameters = { records: undefined };
    ctx.audit.responseElements = null;
    const { placed, result } = await put(ctx, stream, Records as readonly Given[], DryRun);
    const failed = Records.length - result.accepted;
    const size = tellStream(ctx, stream, result);
    measure(ctx, stream, [
      ...(result.accepted > 0 ? [bytes('PutRecords.Bytes', size)] : []),
      count('PutRecords.Records', result.accepted),
      count('PutRecords.Success', result.accepted > 0 ? 1 : 0),
      count('PutRecords.TotalRecords', Records.length),
      count('PutRecords.SuccessfulRecords', result.accepted),
      count('PutRecords.FailedRecords', 0),
      count('PutRecords.ThrottledRecords', failed),
    ]);
    return { FailedRecordCount: failed, Records: placed, ...encryptionOf(ctx, stream) };
  },
});

const encryptionOf = (ctx: Context, stream: Stream) => ({
  EncryptionType: kmsKeyOf(stream, ctx.now) === undefined ? ('NONE' as const) : ('KMS' as const),
});

function requireOrder({ SequenceNumberForOrdering: after }: PutRecordInput, { now }: Context, stream: Stream): void {
  if (after === undefined) return;
  const sequence = parseSequence(after);
  if (sequence && sequence.put * 1000 <= now.getTime()) return;
  refuse(`ExclusiveMinimumSequenceNumber ${after} used in PutRecord on ${inWords(stream)} is invalid.`);
}

interface Given {
  readonly Data: Uint8Array;
  readonly PartitionKey?: string | undefined;
  readonly ExplicitHashKey?: string | undefined;
}

const CALL_BYTES_MAX = 10 * MIB;

async function put(ctx: Context, stream: Stream, given: readonly Given[], dryRun: boolean | undefined) {
  if (!['ACTIVE', 'UPDATING'].includes(stateOf(stream, ctx.now))) throw noStream(stream);
  requireSizes(given, stream);
  const open = openShards(await shardMapOf(ctx.store, stream), ctx.now);
  const routed = route(ctx, stream, open, given);
  if (dryRun) fail(DryRunOperationException, 'The request was rejected because the DryRun parameter was specified.');
  const key = await keyToPut(ctx, stream);
  const placed: PutRecordsResultEntry[] = new Array(given.length);
  const shards: Written[] = [];
  for (const [shard, places] of routed) shards.push(await write(ctx, stream, { shard, places, given, key }, placed));
  if (shards.some(({ accepted }) => accepted > 0)) await keepSweeping(ctx, stream);
  return { placed, result: { shards, accepted: shards.reduce((sum, { accepted }) => sum + accepted, 0) } };
}

const entryOf = ({ PartitionKey, Data }: Given): Entry => ({ key: PartitionKey, data: Data });

function requireSizes(given: readonly Given[], stream: Stream): void {
  const max = stream.maxRecordKiB * 1024;
  let sum = 0;
  for (const record of given) {
    const size = entryBytes(entryOf(record));
    sum += size;
    if (size > max) {
      refuse(`Record size of ${size} bytes exceeds the maximum record size of ${max} bytes of ${inWords(stream)}.`);
    }
  }
  if (sum > CALL_BYTES_MAX) refuse('Records size exceeds 10 MB limit');
}

/** Which records go to which shard, each list in their order. */
function route(ctx: Context, stream: Stream, open: readonly Shard[], given: readonly Given[]) {
  const routed = new Map<Shard, number[]>();
  const anywhere = stream.anyShard && Buffer.from(ctx.random(4)).readUInt32BE();
  for (const [i, record] of given.entries()) {
    const shard = anywhere === undefined ? ownerOf(open, hashFor(record, i)) : open[(anywhere + i) % open.length]!;
    const places = routed.get(shard);
    if (places) places.push(i);
    else routed.set(shard, [i]);
  }
  return routed;
}

function hashFor({ PartitionKey, ExplicitHashKey }: Given, i: number): string {
  if (PartitionKey === undefined) {
    const message = `1 validation error detected: Value null at 'records.${i + 1}.member.partitionKey' failed to satisfy constraint: Member must not be null`;
    throw new ValidationFailure(message);
  }
  if (ExplicitHashKey === undefined) return hashOf(PartitionKey);
  return (
    hashFrom(ExplicitHashKey) ??
    refuse(
      `Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was ${ExplicitHashKey}`,
    )
  );
}

interface Share {
  readonly shard: Shard;
  /** Which of the given records. */
  readonly places: readonly number[];
  readonly given: readonly Given[];
  readonly key: PackKey;
}

interface Written {
  readonly shard: Shard;
  readonly accepted: number;
  readonly refused: number;
  readonly bytes: number;
}

/** More lie in packs of their own, so that who wants few need not open many. */
const PACK_BYTES = 256 * 1024;

/** A shard's share of a call: what its throughput allows, in packs behind those that are there. */
async function write(ctx: Context, stream: Stream, share: Share, placed: PutRecordsResultEntry[]): Promise<Written> {
  const { shard, places, given } = share;
  const before = await headOf(ctx, placeOf(stream, shard.index));
  const at = Math.max(before.at, ctx.now.getTime());
  const used = { ...drained(before, at) };
  const sequence = sequencesFrom(shard, before.next, at);
  const taken: Entry[] = [];
  let sent = 0;
  for (const i of places) {
    const entry = entryOf(given[i]!);
    const size = entryBytes(entry);
    sent += size;
    if (!fitsIn(used, size, stream)) {
      const { name: ErrorCode, message: ErrorMessage } = rateExceeded(stream, shard.index);
      placed[i] = { ErrorCode, ErrorMessage };
      continue;
    }
    used.records += 1;
    used.bytes += size;
    placed[i] = { SequenceNumber: sequence(taken.length), ShardId: shardId(shard.index) };
    taken.push(entry);
  }
  const size = await pack(ctx, { before, at, taken, key: share.key });
  const load = await loadAfter(ctx, stream, shard, before, { bytes: sent, records: places.length });
  const next = before.next + taken.length;
  if (taken.length > 0 || load) await ctx.store.replace(heads, { ...used, shard: before.shard, next, at, load });
  return { shard, accepted: taken.length, refused: places.length - taken.length, bytes: size };
}

interface Packing {
  readonly before: Head;
  readonly at: number;
  readonly taken: readonly Entry[];
  readonly key: PackKey;
}

/** Returns how many bytes. */
async function pack(ctx: Context, { before, at, taken, key }: Packing): Promise<number> {
  let from = 0;
  let size = 0;
  let sum = 0;
  const keep = async (to: number) => {
    const { shard, next } = before;
    const row: Pack = { shard, first: next + from, last: next + to - 1, at, bytes: size, dataKey: key.dataKey };
    await keepPack(ctx.store, row, taken.slice(from, to), key.plain, ctx.random(12));
    sum += size;
    from = to;
    size = 0;
  };
  for (const [i, entry] of taken.entries()) {
    const more = entryBytes(entry);
    if (i > from && size + more > PACK_BYTES) await keep(i);
    size += more;
  }
  if (taken.length > from) await keep(taken.length);
  return sum;
}

interface Result {
  readonly shards: readonly Written[];
  readonly accepted: number;
}

/** What stream and shards are told of either operation. */
function tellStream(ctx: Context, stream: Stream, { shards, accepted }: Result) {
  const size = shards.reduce((sum, written) => sum + written.bytes, 0);
  const refused = shards.reduce((sum, written) => sum + written.refused, 0);
  const incoming = accepted > 0 ? [bytes('IncomingBytes', size), count('IncomingRecords', accepted)] : [];
  measure(ctx, stream, [...incoming, count('WriteProvisionedThroughputExceeded', refused)]);
  for (const written of shards) {
    const own =
      written.accepted > 0 ? [bytes('IncomingBytes', written.bytes), count('IncomingRecords', written.accepted)] : [];
    const throttled = count('WriteProvisionedThroughputExceeded', written.refused);
    measureShard(ctx, stream, written.shard.index, [...own, throttled]);
  }
  return size;
}
