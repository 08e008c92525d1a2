import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Context, servicePrincipal } from './context.ts';
import { deliveryStreamIn, putRecords } from './deliveryStreams.ts';

const ARN = 'arn:aws:firehose:eu-west-1:111122223333:deliverystream/d';
const AS = servicePrincipal('events.amazonaws.com');

interface Asked {
  readonly DeliveryStreamName: string;
  readonly Records: readonly { readonly Data: Uint8Array }[];
}

/** Puts records into a stream that refuses those from a place on. */
async function put(sizes: readonly number[], refusedFrom = Number.POSITIVE_INFINITY) {
  const asked: (readonly [operation: string, name: string, sizes: number[], region: string | undefined])[] = [];
  const call = async (_service: string, operation: string, input: object, as?: unknown, region?: string) => {
    const { DeliveryStreamName, Records } = input as Asked;
    assert.equal(as, AS);
    const sent = Records.map(({ Data }) => Data.length);
    asked.push([operation, DeliveryStreamName, sent, region]);
    const failed = { ErrorCode: 'ServiceUnavailableException', ErrorMessage: 'Slow down.' };
    return { RequestResponses: sent.map((_, i) => (i < refusedFrom ? { RecordId: String(i) } : failed)) };
  };
  const records = sizes.map((size) => new Uint8Array(size));
  await putRecords({ call: call as Context['call'] }, ARN, records, AS);
  return asked;
}

test('putRecords asks with as many records and bytes as one call takes', async () => {
  assert.deepEqual(await put([1, 2]), [['PutRecordBatch', 'd', [1, 2], 'eu-west-1']]);
  assert.deepEqual(await put([]), []);
  const many = await put(new Array(1_001).fill(1));
  assert.deepEqual(
    many.map(([, , sent]) => sent.length),
    [500, 500, 1],
  );
  const large = await put(new Array(9).fill(1_000_000));
  assert.deepEqual(
    large.map(([, , sent]) => sent.length),
    [4, 4, 1],
  );
});

test('putRecords throws what is refused of one record, by its code', async () => {
  await assert.rejects(put([1, 1], 1), { name: 'ServiceUnavailableException', message: 'Slow down.' });
});

test('deliveryStreamIn knows delivery streams from other resources', () => {
  assert.equal(deliveryStreamIn('deliverystream/a.b-c_1'), 'a.b-c_1');
  for (const other of ['stream/a', 'deliverystream/', 'deliverystream/a/b', `deliverystream/${'x'.repeat(65)}`]) {
    assert.equal(deliveryStreamIn(other), undefined, other);
  }
});
