import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync, inflateRawSync } from 'node:zlib';
import { rejected } from '../../testing/rejected.ts';
import { BUCKET, deliveries, roleFor } from './firehose.fixture.ts';

const texts = (objects: readonly { readonly bytes: Buffer }[]) => objects.map(({ bytes }) => bytes.toString());

test('PutRecord and PutRecordBatch are delivered together when the buffer interval is over', async () => {
  const { stream, put, firehose, objects, after } = await deliveries();
  await stream('orders');
  const one = await firehose.putRecord({ DeliveryStreamName: 'orders', Record: { Data: Buffer.from('a') } });
  assert.match(one.RecordId ?? '', /^[\w+/=]{224}$/);
  assert.equal(one.Encrypted, false);
  await after('PT2M');
  const two = await put('orders', 'b', 'c');
  assert.equal(two.FailedPutCount, 0);
  assert.equal(new Set(two.RequestResponses?.map(({ RecordId }) => RecordId)).size, 2);
  await after('PT2M59S');
  assert.deepEqual(await objects(), []);
  await after('PT1S');
  const [object, ...rest] = await objects();
  assert.deepEqual(rest, []);
  assert.equal(object?.bytes.toString(), 'abc');
  assert.match(object?.key ?? '', /^2030\/01\/01\/00\/orders-1-2030-01-01-00-00-10-[0-9a-f-]{36}$/);
  await put('orders', 'd');
  await after('PT5M');
  assert.deepEqual(texts(await objects()), ['abc', 'd']);
});

test('A buffer that is full is delivered at once', async () => {
  const { stream, firehose, objects, cloud } = await deliveries();
  await stream('big', { BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 900 } });
  const Data = Buffer.alloc(600_000, 'x');
  await firehose.putRecord({ DeliveryStreamName: 'big', Record: { Data } });
  await cloud.settle();
  assert.equal((await objects()).length, 0);
  await firehose.putRecord({ DeliveryStreamName: 'big', Record: { Data } });
  await cloud.settle();
  assert.deepEqual(
    (await objects()).map(({ bytes }) => bytes.length),
    [600_000],
  );
  cloud.advance('PT15M');
  await cloud.settle();
  assert.deepEqual(
    (await objects()).map(({ bytes }) => bytes.length),
    [600_000, 600_000],
  );
});

test('Prefixes, zone and extension name an object', async () => {
  const { stream, put, objects, after } = await deliveries();
  await stream('named', {
    Prefix: "in/!{timestamp:yyyy/'day'-DDD/}!{firehose:random-string}/",
    ErrorOutputPrefix: 'out/!{firehose:error-output-type}/',
    CustomTimeZone: 'Asia/Tokyo',
    FileExtension: '.jsonl',
  });
  await put('named', '{}');
  await after('PT5M');
  const [object] = await objects();
  assert.match(
    object?.key ?? '',
    /^in\/2030\/day-001\/[0-9a-f]{8}-[0-9a-f]{2}\/named-1-2030-01-01-09-00-10-.{36}\.jsonl$/,
  );
});

test('Objects are packed as the stream says', async () => {
  const { stream, put, objects, after } = await deliveries();
  await stream('gzipped', { CompressionFormat: 'GZIP', Prefix: 'a/' });
  await stream('zipped', { CompressionFormat: 'ZIP', Prefix: 'b/' });
  await put('gzipped', 'hello');
  await put('zipped', 'hello');
  await after('PT6M');
  const [gzipped, zipped] = await objects();
  assert.match(gzipped?.key ?? '', /^a\/2030\/01\/01\/00\/.*\.gz$/);
  assert.equal(gunzipSync(gzipped!.bytes).toString(), 'hello');
  assert.match(zipped?.key ?? '', /\.zip$/);
  const start = 30 + zipped!.bytes.readUInt16LE(26);
  assert.equal(
    inflateRawSync(zipped!.bytes.subarray(start, start + zipped!.bytes.readUInt32LE(18))).toString(),
    'hello',
  );
});

test('A bucket that is away is tried again, and told of in the log', async () => {
  const { cloud, stream, put, s3, objects, after } = await deliveries();
  const { logs } = cloud.root;
  await logs.createLogGroup({ logGroupName: '/aws/kinesisfirehose/late' });
  await logs.createLogStream({ logGroupName: '/aws/kinesisfirehose/late', logStreamName: 'DestinationDelivery' });
  await stream('late', {
    BucketARN: 'arn:aws:s3:::not-yet',
    BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 60 },
    CloudWatchLoggingOptions: {
      ...{ Enabled: true, LogGroupName: '/aws/kinesisfirehose/late', LogStreamName: 'DestinationDelivery' },
    },
  });
  await put('late', 'kept');
  await after('PT1M');
  const { events = [] } = await logs.filterLogEvents({ logGroupName: '/aws/kinesisfirehose/late' });
  const told = JSON.parse(events[0]?.message ?? '{}');
  assert.equal(told.errorCode, 'S3.NoSuchBucket');
  assert.equal(told.destination, 'arn:aws:s3:::not-yet');
  assert.equal(told.deliveryStreamVersionId, 1);
  await s3.createBucket({ Bucket: 'not-yet' });
  await after('PT5M');
  assert.deepEqual(texts(await objects('not-yet')), ['kept']);
});

test('What cannot be delivered for a day is lost', async () => {
  const { cloud, stream, put, s3, objects, after } = await deliveries();
  await stream('lost', { BucketARN: 'arn:aws:s3:::not-yet' });
  await put('lost', 'old');
  await after('PT23H');
  await put('lost', 'new');
  await after('PT1H');
  await s3.createBucket({ Bucket: 'not-yet' });
  cloud.advance('PT10M');
  await cloud.settle();
  assert.deepEqual(texts(await objects('not-yet')), ['new']);
});

test('The role decides what may be written, and the bucket', async () => {
  const { cloud, create, put, s3, s3Config, objects, after } = await deliveries();
  const weak = await roleFor(cloud, 'weak', {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 's3:PutObject', Resource: `arn:aws:s3:::${BUCKET}/allowed/*` }],
  });
  await create('right', { S3DestinationConfiguration: { ...s3Config(), RoleARN: weak, Prefix: 'allowed/' } });
  await create('wrong', { S3DestinationConfiguration: { ...s3Config(), RoleARN: weak } });
  await put('right', 'a');
  await put('wrong', 'b');
  await after('PT5M');
  assert.deepEqual(texts(await objects()), ['a']);
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Deny', Principal: '*', Action: 's3:PutObject', Resource: `arn:aws:s3:::${BUCKET}/*` }],
  });
  await s3.putBucketPolicy({ Bucket: BUCKET, Policy });
  await put('right', 'c');
  await after('PT5M');
  assert.deepEqual(texts(await objects()), ['a']);
});

test('CreateDeliveryStream refuses a role that does not trust Firehose', async () => {
  const { cloud, create, s3Config } = await deliveries();
  const trust = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
  };
  const other = await roleFor(cloud, 'other', undefined, trust);
  const config = { ...s3Config(), RoleARN: other };
  const refused = create('no', { S3DestinationConfiguration: config });
  await rejected(refused, 'InvalidArgument', /unable to assume role/);
  const external = {
    Version: '2012-10-17',
    Statement: [
      {
        ...{ Effect: 'Allow', Principal: { Service: 'firehose.amazonaws.com' }, Action: 'sts:AssumeRole' },
        Condition: { StringEquals: { 'sts:ExternalId': cloud.managementAccount } },
      },
    ],
  };
  const trusting = await roleFor(cloud, 'trusting', undefined, external);
  await create('yes', { S3DestinationConfiguration: { ...s3Config(), RoleARN: trusting } });
});
