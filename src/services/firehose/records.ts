/** Records come in: they are durable, sealed, before they are acknowledged. */
import {
  type PutRecordBatchInput,
  type PutRecordBatchOutput,
  type PutRecordInput,
  type PutRecordOutput,
  ServiceUnavailableException,
} from '@aws-sdk/client-firehose';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { isEncrypting, sealingKey } from './encryption.ts';
import { noStream, refuse } from './errors.ts';
import { tell } from './measures.ts';
import { taken } from './pace.ts';
import { keepParcel } from './parcels.ts';
import { planDelivery, queuesOf } from './queues.ts';
import { loadStream, streamAccess } from './streamLookup.ts';
import { type Stream, statusOf, streamArn } from './streamRows.ts';

/** A record, and all records of a call, before they are base 64. */
const RECORD_BYTES_MAX = 1_024_000;
const BATCH_BYTES_MAX = 4 * 1024 * 1024;
/** In base 64, with all that is around it, and room for a batch that is a little too large to be told so. */
const BODY_BYTES_MAX = 8 * 1024 * 1024;

/** A stream that takes records: what came into one that is being deleted would be lost. */
async function loadOpen(input: { DeliveryStreamName: string }, ctx: Context): Promise<Stream | Missing> {
  const stream = await loadStream(input, ctx);
  if (stream instanceof Missing || statusOf(stream, ctx.now) === 'ACTIVE') return stream;
  return new Missing(streamArn(stream), noStream(ctx.account, stream.name));
}

export const PutRecord: Operation<Present<PutRecordInput>, PutRecordOutput, Stream> = {
  recorded: 'never',
  bodyBytesMax: BODY_BYTES_MAX,
  load: loadOpen,
  access: (_input, _ctx, stream) => streamAccess(stream),
  async run({ Record: { Data } }, ctx, stream) {
    requireDirect(stream);
    const [RecordId] = await accepted(ctx, stream, 'PutRecord', [Data!]);
    if (RecordId === undefined) fail(ServiceUnavailableException, SLOW_DOWN);
    return { RecordId, Encrypted: isEncrypting(stream, ctx.now) };
  },
};

const SLOW_DOWN = 'Slow down.';

/** Records that are too many for this second fail one by one, the last ones. */
export const PutRecordBatch: Operation<Present<PutRecordBatchInput>, PutRecordBatchOutput, Stream> = {
  recorded: 'never',
  bodyBytesMax: BODY_BYTES_MAX,
  load: loadOpen,
  access: (_input, _ctx, stream) => streamAccess(stream),
  async run({ Records }, ctx, stream) {
    requireDirect(stream);
    const records = Records.map(({ Data }) => Data!);
    const ids = await accepted(ctx, stream, 'PutRecordBatch', records);
    const failed = { ErrorCode: 'ServiceUnavailableException', ErrorMessage: SLOW_DOWN };
    return {
      FailedPutCount: records.length - ids.length,
      Encrypted: isEncrypting(stream, ctx.now),
      RequestResponses: records.map((_, i) => (i < ids.length ? { RecordId: ids[i] } : failed)),
    };
  },
};

function requireDirect(stream: Stream): void {
  if (stream.type === 'DirectPut') return;
  refuse('This operation is not permitted on KinesisStreamAsSource delivery stream type.');
}

const sizeOf = (records: readonly Uint8Array[]) => records.reduce((sum, { length }) => sum + length, 0);

/**
 * The ids of those that the stream takes now, the first ones. All of it is durable with the call.
 * @throws InvalidArgumentException of records that are too large
 */
async function accepted(
  ctx: Context,
  stream: Stream,
  operation: 'PutRecord' | 'PutRecordBatch',
  sent: readonly Uint8Array[],
): Promise<string[]> {
  if (sent.some(({ length }) => length > RECORD_BYTES_MAX)) {
    refuse(`Record size exceeds the limit of ${RECORD_BYTES_MAX} bytes.`);
  }
  if (sizeOf(sent) > BATCH_BYTES_MAX) refuse('Records size exceeds 4 MB limit');
  const records = sent.slice(
    0,
    taken(
      ctx,
      stream,
      sent.map(({ length }) => length),
    ),
  );
  if (records.length > 0) {
    const key = await sealingKey(ctx, stream);
    for (const queue of queuesOf(stream)) {
      await keepParcel(ctx, { stream: stream.id, queue, at: ctx.now.getTime() }, records, key);
      await planDelivery(ctx, stream, queue);
    }
  }
  comingIn(ctx, stream, operation, records, sent.length - records.length);
  return records.map(() => Buffer.from(ctx.random(168)).toString('base64'));
}

function comingIn(
  ctx: Context,
  stream: Stream,
  operation: string,
  records: readonly Uint8Array[],
  throttled: number,
): void {
  const bytes = sizeOf(records);
  tell(ctx, stream, [
    { name: 'IncomingBytes', value: bytes, unit: 'Bytes' },
    { name: 'IncomingRecords', value: records.length, unit: 'Count' },
    { name: 'IncomingPutRequests', value: 1, unit: 'Count' },
    { name: `${operation}.Bytes`, value: bytes, unit: 'Bytes' },
    { name: `${operation}.Requests`, value: 1, unit: 'Count' },
    ...(operation === 'PutRecordBatch' ? [{ name: `${operation}.Records`, value: records.length, unit: 'Count' }] : []),
    ...(throttled > 0 ? [{ name: 'ThrottledRecords', value: throttled, unit: 'Count' }] : []),
  ]);
}
