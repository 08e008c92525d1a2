/**
 * Kinesis with the clients that people use: AWS's command line, boto3, and a reader as AWS's client library is one. What
 * is not on the machine is skipped and says so.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { Kinesis } from '@aws-sdk/client-kinesis';
import { awsOf, environment, pythonWith } from './awsClients.ts';
import { planeOnSocket } from './socket.ts';

const run = promisify(execFile);
const StreamName = 'line';

const aws = awsOf(2);
test('streams with the AWS CLI, version 2', { skip: !aws && 'no AWS CLI 2 here' }, async (t) => {
  const plane = await planeOnSocket(t);
  const env = environment(plane);
  const call = async (...args: string[]) => {
    const whole = ['--endpoint-url', plane.endpoint, '--output', 'json', 'kinesis', ...args];
    const { stdout } = await run(aws!, whole, { env });
    return stdout === '' ? undefined : JSON.parse(stdout);
  };
  await call('create-stream', '--stream-name', StreamName, '--shard-count', '2');
  await plane.cloud.advance('PT1M');
  await call('wait', 'stream-exists', '--stream-name', StreamName);
  const named = ['--stream-name', StreamName];
  const data = Buffer.from('a & é').toString('base64');
  const { ShardId } = await call('put-record', ...named, '--partition-key', 'k', '--data', data);
  const at = ['--shard-id', ShardId, '--shard-iterator-type', 'TRIM_HORIZON'];
  const { ShardIterator } = await call('get-shard-iterator', ...named, ...at);
  const { Records } = await call('get-records', '--shard-iterator', ShardIterator);
  assert.deepEqual([Records[0].Data, Records[0].PartitionKey], [data, 'k']);
  const { Shards } = await call('list-shards', ...named);
  assert.equal(Shards.length, 2);
  await assert.rejects(call('describe-stream', '--stream-name', 'none'), /\(ResourceNotFoundException\)/);
});

const BOTO = `
import boto3, os
k = boto3.client('kinesis', endpoint_url=os.environ['ENDPOINT'])
arn = k.describe_stream_summary(StreamName='line')['StreamDescriptionSummary']['StreamARN']
sent = k.put_records(StreamName='line', Records=[{'PartitionKey': 'k%d' % i, 'Data': b'\\x00\\xff%d' % i} for i in range(500)])
assert sent['FailedRecordCount'] == 0, sent
found = []
for page in k.get_paginator('list_shards').paginate(StreamName='line'):
    for shard in page['Shards']:
        next = k.get_shard_iterator(StreamName='line', ShardId=shard['ShardId'], ShardIteratorType='TRIM_HORIZON')['ShardIterator']
        got = k.get_records(ShardIterator=next)
        assert got['MillisBehindLatest'] == 0
        found += [r['Data'] for r in got['Records']]
assert sorted(found) == sorted(b'\\x00\\xff%d' % i for i in range(500))
consumer = k.list_stream_consumers(StreamARN=arn)['Consumers'][0]
stream = k.subscribe_to_shard(ConsumerARN=consumer['ConsumerARN'], ShardId='shardId-000000000000', StartingPosition={'Type': 'TRIM_HORIZON'})['EventStream']
for event in stream:
    assert len(event['SubscribeToShardEvent']['Records']) > 100, event
    break
stream.close()
try:
    k.get_records(ShardIterator='AAAA')
    assert False
except k.exceptions.InvalidArgumentException as error:
    assert error.response['Error']['Message'] == 'Invalid ShardIterator.', error.response
print('done')
`;

const boto = pythonWith('boto3');
test('streams with boto3, over HTTP/1.1', { skip: !boto && 'no boto3 here' }, async (t) => {
  const plane = await planeOnSocket(t);
  const { kinesis } = plane.cloud.root;
  await kinesis.createStream({ StreamName, ShardCount: 3 });
  await plane.cloud.advance('PT1M');
  const StreamARN = `arn:aws:kinesis:us-east-1:${plane.cloud.managementAccount}:stream/line`;
  await kinesis.registerStreamConsumer({ StreamARN, ConsumerName: 'c' });
  await plane.cloud.advance('PT1M');
  const env = environment(plane, { ENDPOINT: plane.endpoint });
  const { stdout } = await run(boto!, ['-W', 'ignore', '-c', BOTO], { env });
  assert.equal(stdout, 'done\n');
});

test('a reader that follows shards into their children sees each key in its order, once', async (t) => {
  const plane = await planeOnSocket(t);
  const { cloud, credentials, endpoint } = plane;
  const kinesis = new Kinesis({ endpoint, region: 'us-east-1', credentials });
  t.after(() => kinesis.destroy());
  await kinesis.createStream({ StreamName, ShardCount: 2 });
  await cloud.advance('PT1M');
  const keys = ['a', 'b', 'c', 'd', 'e'];
  const written = new Map(keys.map((key) => [key, [] as string[]]));
  const writeAll = async (from: number) => {
    const texts = Array.from({ length: 20 }, (_, i) => keys.map((key) => [key, `${key}${from + i}`] as const)).flat();
    const Records = texts.map(([PartitionKey, text]) => ({ PartitionKey, Data: Buffer.from(text) }));
    assert.equal((await kinesis.putRecords({ StreamName, Records })).FailedRecordCount, 0);
    for (const [key, text] of texts) written.get(key)!.push(text);
  };
  await writeAll(0);
  await kinesis.updateShardCount({ StreamName, TargetShardCount: 3, ScalingType: 'UNIFORM_SCALING' });
  await writeAll(20);
  await cloud.advance('PT5M');
  await writeAll(40);
  const read = new Map(keys.map((key) => [key, [] as string[]]));
  await follow(kinesis, (key, text) => read.get(key)!.push(text));
  assert.deepEqual(read, written);
});

/** Shards without parents first; a shard's children when it, and all their other parents, are read to their end. */
async function follow(kinesis: Kinesis, take: (key: string, text: string) => void): Promise<void> {
  const { Shards = [] } = await kinesis.listShards({ StreamName });
  const left = new Map(Shards.map((shard) => [shard.ShardId!, shard]));
  while (left.size > 0) {
    for (const [id, { ParentShardId, AdjacentParentShardId }] of left) {
      if (left.has(ParentShardId ?? '') || left.has(AdjacentParentShardId ?? '')) continue;
      const asked = { StreamName, ShardId: id, ShardIteratorType: 'TRIM_HORIZON' as const };
      let next = (await kinesis.getShardIterator(asked)).ShardIterator;
      for (let behind = 1; next !== undefined && behind > 0; ) {
        const {
          Records = [],
          NextShardIterator,
          MillisBehindLatest = 0,
        } = await kinesis.getRecords({
          ShardIterator: next,
          Limit: 60,
        });
        for (const { PartitionKey, Data } of Records) take(PartitionKey!, Buffer.from(Data!).toString());
        next = NextShardIterator;
        behind = Records.length === 60 ? 1 : MillisBehindLatest;
      }
      left.delete(id);
    }
  }
}
