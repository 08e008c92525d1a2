import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { rejected } from '../../testing/rejected.ts';
import { deliveries, roleFor } from './firehose.fixture.ts';

const READER = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Action: ['kinesis:DescribeStream', 'kinesis:GetShardIterator', 'kinesis:GetRecords', 'kinesis:ListShards'],
      Resource: '*',
    },
  ],
};

async function sourced() {
  const all = await deliveries();
  const { kinesis } = all.cloud.root;
  await kinesis.createStream({ StreamName: 'line', ShardCount: 2 });
  all.cloud.advance('PT1M');
  const { StreamDescriptionSummary } = await kinesis.describeStreamSummary({ StreamName: 'line' });
  const RoleARN = await roleFor(all.cloud, 'reader', READER);
  const source = { KinesisStreamARN: StreamDescriptionSummary!.StreamARN!, RoleARN };
  const create = (more: object = {}) =>
    all.create('reading', {
      DeliveryStreamType: 'KinesisStreamAsSource',
      KinesisStreamSourceConfiguration: source,
      S3DestinationConfiguration: all.s3Config({ BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 60 } }),
      ...more,
    });
  const send = async (...texts: string[]) => {
    for (const text of texts) {
      await kinesis.putRecord({ StreamName: 'line', PartitionKey: text, Data: Buffer.from(text) });
    }
  };
  const texts = async () => (await all.objects()).map(({ bytes }) => [...bytes.toString()].sort().join(''));
  return { ...all, kinesis, source, create, send, texts };
}

test('A Kinesis stream is read from when the delivery stream was made', async () => {
  const { firehose, create, send, texts, after, source } = await sourced();
  await send('x');
  await after('PT1S');
  await create();
  const { DeliveryStreamDescription } = await firehose.describeDeliveryStream({ DeliveryStreamName: 'reading' });
  assert.equal(DeliveryStreamDescription?.DeliveryStreamType, 'KinesisStreamAsSource');
  assert.deepEqual(DeliveryStreamDescription?.Source?.KinesisStreamSourceDescription, {
    ...source,
    DeliveryStartTimestamp: DeliveryStreamDescription?.CreateTimestamp,
  });
  await send('a', 'b', 'c');
  await after('PT1S');
  assert.deepEqual(await texts(), []);
  await after('PT1M');
  assert.deepEqual(await texts(), ['abc']);
  await send('d');
  await after('PT5S');
  await after('PT1M');
  assert.deepEqual(await texts(), ['abc', 'd']);
  const put = firehose.putRecord({ DeliveryStreamName: 'reading', Record: { Data: Buffer.from('x') } });
  await rejected(put, 'InvalidArgument', /not permitted on KinesisStreamAsSource/);
  const { DeliveryStreamNames } = await firehose.listDeliveryStreams({ DeliveryStreamType: 'KinesisStreamAsSource' });
  assert.deepEqual(DeliveryStreamNames, ['reading']);
});

test('Shards that are split are read on, each record once', async () => {
  const { kinesis, cloud, create, send, texts, after } = await sourced();
  await create();
  await send('a', 'b');
  await after('PT2S');
  const { Shards = [] } = await kinesis.listShards({ StreamName: 'line' });
  const { StartingHashKey = '0', EndingHashKey = '0' } = Shards[0]?.HashKeyRange ?? {};
  const NewStartingHashKey = String((BigInt(StartingHashKey) + BigInt(EndingHashKey)) / 2n);
  await kinesis.splitShard({ StreamName: 'line', ShardToSplit: Shards[0]?.ShardId, NewStartingHashKey });
  cloud.advance('PT30S');
  await send('c', 'd', 'e', 'f');
  await after('PT5S');
  await after('PT1M');
  await after('PT1M');
  assert.deepEqual((await texts()).join('').split('').sort().join(''), 'abcdef');
});

test('The source must be there, and its role must be able to read it', async () => {
  const { cloud, create, source, kinesis } = await sourced();
  const of = (more: object) => create({ KinesisStreamSourceConfiguration: { ...source, ...more } });
  const missing = source.KinesisStreamARN.replace(/line$/, 'none');
  await rejected(of({ KinesisStreamARN: missing }), 'InvalidArgument', /none/);
  const blind = await roleFor(cloud, 'blind');
  await rejected(of({ RoleARN: blind }), 'InvalidArgument', /not authorized to perform DescribeStream/);
  await rejected(create({ KinesisStreamSourceConfiguration: undefined }), 'InvalidArgument', /must be specified/);
  const encryption = { DeliveryStreamEncryptionConfigurationInput: { KeyType: 'AWS_OWNED_CMK' } };
  await rejected(create(encryption), 'InvalidArgument', /DirectPut/);
  await rejected(create({ DeliveryStreamType: 'DirectPut' }), 'InvalidArgument', /KinesisStreamAsSource/);
  await create();
  assert.equal((await kinesis.describeStreamSummary({ StreamName: 'line' })).$metadata.httpStatusCode, 200);
});

test('What cannot be delivered waits in Kinesis', async () => {
  const { cloud, kinesis, create, s3Config, s3, objects, after } = await sourced();
  await create({
    S3DestinationConfiguration: s3Config({
      BucketARN: 'arn:aws:s3:::not-yet',
      BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 60 },
    }),
  });
  for (let n = 0; n < 6; n++) {
    await kinesis.putRecord({ StreamName: 'line', PartitionKey: 'k', Data: Buffer.alloc(700_000, String(n)) });
    await after('PT5S');
  }
  await after('PT25H');
  await s3.createBucket({ Bucket: 'not-yet' });
  for (let turn = 0; turn < 20; turn++) await after('PT1M');
  const bytes = Buffer.concat((await objects('not-yet')).map((object) => object.bytes));
  // The stream keeps a day: what was read by then is delivered, the rest is gone.
  const kept = new Set(bytes.toString());
  assert.ok(kept.has('0') && kept.has('1') && kept.size < 6, [...kept].join());
  assert.equal(bytes.length, kept.size * 700_000);
  assert.ok(cloud.now() > new Date('2030-01-02T00:00:00Z'));
});

test('Records that claim to hold hundreds of thousands are read a few at a time', async () => {
  const { kinesis, create, objects, after, s3Config } = await sourced();
  const settings = s3Config({ BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 60 } });
  const lines = { Type: 'AppendDelimiterToRecord' as const, Parameters: [] };
  const ProcessingConfiguration = { Enabled: true, Processors: [lines] };
  await create({
    S3DestinationConfiguration: undefined,
    ExtendedS3DestinationConfiguration: { ...settings, ProcessingConfiguration },
  });
  const message = Buffer.concat(new Array(60_000).fill(Buffer.from([0x1a, 0])));
  const Data = Buffer.concat([Buffer.from('f3899ac2', 'hex'), message, createHash('md5').update(message).digest()]);
  for (const PartitionKey of ['a', 'a', 'a']) await kinesis.putRecord({ StreamName: 'line', PartitionKey, Data });
  for (let turn = 0; turn < 6; turn++) await after('PT20S');
  const sizes = (await objects()).map(({ bytes }) => bytes.length);
  assert.equal(
    sizes.reduce((sum, size) => sum + size, 0),
    180_000,
  );
  assert.ok(Math.max(...sizes) <= 100_000, sizes.join());
});
