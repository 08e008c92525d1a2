import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rejected } from '../../testing/rejected.ts';
import { deliveries } from './firehose.fixture.ts';

test('PutRecordBatch refuses what is too much', async () => {
  const { stream, firehose, put } = await deliveries();
  await stream('small');
  const DeliveryStreamName = 'small';
  const large = { Data: Buffer.alloc(1_024_001) };
  await rejected(firehose.putRecord({ DeliveryStreamName, Record: large }), 'Validation', /1024000/);
  const most = Array.from({ length: 5 }, () => ({ Data: Buffer.alloc(1_000_000) }));
  const tooMuch = firehose.putRecordBatch({ DeliveryStreamName, Records: most });
  await rejected(tooMuch, 'InvalidArgument', 'Records size exceeds 4 MB limit');
  const many = Array.from({ length: 501 }, () => 'x');
  await rejected(put(DeliveryStreamName, ...many), 'Validation', /500/);
  assert.equal((await put(DeliveryStreamName, ...many.slice(1))).FailedPutCount, 0);
});

test('A stream takes five mebibytes in a second: of a batch the last records fail', async () => {
  const { cloud, stream, firehose, put } = await deliveries();
  const DeliveryStreamName = 'fast';
  await stream(DeliveryStreamName);
  const Records = Array.from({ length: 4 }, () => ({ Data: Buffer.alloc(1_000_000) }));
  assert.equal((await firehose.putRecordBatch({ DeliveryStreamName, Records })).FailedPutCount, 0);
  const second = await firehose.putRecordBatch({ DeliveryStreamName, Records });
  assert.equal(second.FailedPutCount, 3);
  const [first, ...rest] = second.RequestResponses ?? [];
  assert.ok(first?.RecordId);
  const slow = { ErrorCode: 'ServiceUnavailableException', ErrorMessage: 'Slow down.' };
  assert.deepEqual(rest, [slow, slow, slow]);
  const record = { DeliveryStreamName, Record: Records[0]! };
  await rejected(firehose.putRecord(record), 'ServiceUnavailable', 'Slow down.');
  cloud.advance('PT1S');
  assert.equal((await put(DeliveryStreamName, 'x')).FailedPutCount, 0);
});

test('Records are taken of an active stream only', async () => {
  const { cloud, firehose, put, s3Config } = await deliveries();
  const DeliveryStreamName = 'young';
  await rejected(
    put(DeliveryStreamName, 'x'),
    'ResourceNotFound',
    `Firehose young not found under account ${cloud.managementAccount}.`,
  );
  await firehose.createDeliveryStream({ DeliveryStreamName, S3DestinationConfiguration: s3Config() });
  await rejected(put(DeliveryStreamName, 'x'), 'ResourceNotFound', /young not found/);
  cloud.advance('PT10S');
  assert.equal((await put(DeliveryStreamName, 'x')).FailedPutCount, 0);
});

test('PutRecord asks for permission on the stream', async () => {
  const { cloud, stream } = await deliveries();
  await stream('mine');
  await stream('theirs');
  const alice = await cloud.user('alice', {
    Version: '2012-10-17',
    Statement: [
      {
        ...{ Effect: 'Allow', Action: 'firehose:PutRecord' },
        Resource: `arn:aws:firehose:us-east-1:${cloud.managementAccount}:deliverystream/mine`,
      },
    ],
  });
  const Record = { Data: Buffer.from('x') };
  await alice.firehose.putRecord({ DeliveryStreamName: 'mine', Record });
  const refused = alice.firehose.putRecord({ DeliveryStreamName: 'theirs', Record });
  await rejected(refused, 'AccessDenied', /firehose:PutRecord on resource: .*deliverystream\/theirs/);
});

test('What comes in and goes out is measured', async () => {
  const { cloud, stream, put, after } = await deliveries();
  await stream('measured');
  await put('measured', 'abc', 'de');
  await after('PT5M');
  const sum = async (MetricName: string) => {
    const { Datapoints = [] } = await cloud.root.cloudwatch.getMetricStatistics({
      ...{ Namespace: 'AWS/Firehose', MetricName, Period: 3600, Statistics: ['Sum'] },
      Dimensions: [{ Name: 'DeliveryStreamName', Value: 'measured' }],
      ...{ StartTime: new Date('2030-01-01T00:00:00Z'), EndTime: new Date('2030-01-01T01:00:00Z') },
    });
    return Datapoints[0]?.Sum;
  };
  assert.equal(await sum('IncomingBytes'), 5);
  assert.equal(await sum('IncomingRecords'), 2);
  assert.equal(await sum('PutRecordBatch.Requests'), 1);
  assert.equal(await sum('DeliveryToS3.Bytes'), 5);
  assert.equal(await sum('DeliveryToS3.Success'), 1);
  assert.equal(await sum('DeliveryToS3.DataFreshness'), 300);
});
