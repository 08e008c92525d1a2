/** As AWS's SDKs for Java speak: the operations of a producer and a consumer in CBOR. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cbor, tag } from '@smithy/core/cbor';
import { inProcess } from '../../testing/clients.ts';
import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { signed } from '../../testing/signed.ts';
import { active, StreamName, shard } from './fixtures.ts';

const TYPE = 'application/x-amz-cbor-1.1';

async function caller(cloud: Cloud) {
  const credentials = await cloud.keyFor(cloud.managementAccount);
  return async (operation: string, input: object) => {
    const headers = { 'content-type': TYPE, 'x-amz-target': `Kinesis_20131202.${operation}` };
    const body = Buffer.from(cbor.serialize(input));
    const request = signed({ body, headers }, { ...credentials, service: 'kinesis' });
    const answer = await inProcess(cloud.deps, request);
    assert.equal(answer.headers['content-type'], TYPE);
    const bytes = answer.body as Uint8Array;
    return { status: answer.status, output: bytes.length === 0 ? undefined : cbor.deserialize(bytes) };
  };
}

/** Milliseconds under the tag that means seconds. */
const time = (at: Date) => tag({ tag: 1, value: at.getTime() });

test('records are put and read in CBOR, with bytes as bytes and times in milliseconds', async () => {
  const cloud = await testCloud();
  await active(cloud);
  const call = await caller(cloud);
  const Data = Buffer.from([0, 255, 7]);
  const put = await call('PutRecord', { StreamName, PartitionKey: 'k', Data });
  assert.equal(put.output.ShardId, shard(0));
  const Timestamp = time(cloud.now());
  const at = { StreamName, ShardId: shard(0), ShardIteratorType: 'AT_TIMESTAMP', Timestamp };
  const { ShardIterator } = (await call('GetShardIterator', at)).output;
  const { Records, MillisBehindLatest } = (await call('GetRecords', { ShardIterator })).output;
  assert.deepEqual(Buffer.from(Records[0].Data), Data);
  assert.equal(MillisBehindLatest, 0);
  const { tag: one, value } = Records[0].ApproximateArrivalTimestamp;
  assert.deepEqual([one, value], [1, cloud.now().getTime()]);
  const none = await call('AddTagsToStream', { StreamName, Tags: { a: 'b' } });
  assert.deepEqual([none.status, none.output], [200, undefined]);
  const refused = await call('DescribeStreamSummary', { StreamName: 'none' });
  assert.equal(refused.status, 400);
  assert.match(refused.output.__type, /ResourceNotFoundException$/);
  assert.match(refused.output.message, /Stream none under account \d+ not found/);
});
