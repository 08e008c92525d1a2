/** Records come in: they are durable, sealed, before they are acknowledged. */
import {
  InvalidArgumentException,
  type PutRecordBatchInput,
  type PutRecordBatchOutput,
  type PutRecordInput,
  type PutRecordOutput,
} from '@aws-sdk/client-firehose';
import type { Context } from '../../core/context.ts';
import { fail } from '../../core/errors.ts';
import { metrics } from '../../core/metrics.ts';
import { Missing, type Operation, type Present } from '../../core/operation.ts';
import { isEncrypting, sealingKey } from './encryption.ts';
import { noStream, refuse } from './errors.ts';
import { keepParcel } from './parcels.ts';
import { NAMESPACE, planDelivery, queuesOf } from './queues.ts';
import { loadStream, streamAccess } from './streamLookup.ts';
import { type Stream, statusOf, streamArn } from './streamRows.ts';

/** A record, and all records of a call, before they are base 64. */
const RECORD_BYTES_MAX = 1_024_000;
const BATCH_BYTES_MAX = 4 * 1024 * 1024;
/** In base 64, with all that is around it. */
const BODY_BYTES_MAX = 6 * 1024 * 1024;

/** A stream that takes records. */
async function loadOpen(input: { DeliveryStreamName: string }, ctx: Context): Promise<Stream | Missing> {
  const stream = await loadStream(input, ctx);
  if (stream instanceof Missing || statusOf(stream, ctx.now) !== 'CREATING') return stream;
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
    return { RecordId: RecordId!, Encrypted: isEncrypting(stream, ctx.now) };
  },
};

export const PutRecordBatch: Operation<Present<PutRecordBatchInput>, PutRecordBatchOutput, Stream> = {
  recorded: 'never',
  bodyBytesMax: BODY_BYTES_MAX,
  load: loadOpen,
  access: (_input, _ctx, stream) => streamAccess(stream),
  async run({ Records }, ctx, stream) {
    requireDirect(stream);
    const records = Records.map(({ Data }) => Data!);
    const ids = await accepted(ctx, stream, 'PutRecordBatch', records);
    return {
      FailedPutCount: 0,
      Encrypted: isEncrypting(stream, ctx.now),
      RequestResponses: ids.map((RecordId) => ({ RecordId })),
    };
  },
};

function requireDirect(stream: Stream): void {
  if (stream.type === 'DirectPut') return;
  const which = `delivery stream ${stream.name} is of the type ${stream.type}`;
  fail(InvalidArgumentException, `This operation is not permitted on KinesisStreamAsSource: ${which}.`);
}

const sizeOf = (records: readonly Uint8Array[]) => records.reduce((sum, { length }) => sum + length, 0);

/** Their ids. @throws InvalidArgumentException of records that are too large */
async function accepted(
  ctx: Context,
  stream: Stream,
  operation: 'PutRecord' | 'PutRecordBatch',
  records: readonly Uint8Array[],
): Promise<string[]> {
  if (records.some(({ length }) => length > RECORD_BYTES_MAX)) {
    refuse(`Record size exceeds the limit of ${RECORD_BYTES_MAX} bytes.`);
  }
  const bytes = sizeOf(records);
  if (bytes > BATCH_BYTES_MAX) refuse('Records size exceeds 4 MB limit');
  const key = await sealingKey(ctx, stream);
  for (const queue of queuesOf(stream)) {
    await keepParcel(ctx, { stream: stream.id, queue, at: ctx.now.getTime() }, records, key);
    await planDelivery(ctx, stream, queue);
  }
  metrics(ctx, {
    namespace: NAMESPACE,
    dimensions: { DeliveryStreamName: stream.name },
    ...{ account: stream.account, region: stream.region },
    points: [
      { name: 'IncomingBytes', value: bytes, unit: 'Bytes' },
      { name: 'IncomingRecords', value: records.length, unit: 'Count' },
      { name: 'IncomingPutRequests', value: 1, unit: 'Count' },
      { name: `${operation}.Bytes`, value: bytes, unit: 'Bytes' },
      { name: `${operation}.Requests`, value: 1, unit: 'Count' },
      ...(operation === 'PutRecordBatch'
        ? [{ name: 'PutRecordBatch.Records', value: records.length, unit: 'Count' }]
        : []),
    ],
  });
  return records.map(() => Buffer.from(ctx.random(168)).toString('base64'));
}
