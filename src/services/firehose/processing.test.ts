import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Processor } from '@aws-sdk/client-firehose';
import { rejected } from '../../testing/rejected.ts';
import { BUCKET, deliveries } from './firehose.fixture.ts';

const processor = (Type: NonNullable<Processor['Type']>, parameters: Record<string, string> = {}): Processor => ({
  Type,
  Parameters: Object.entries(parameters).map(([ParameterName, ParameterValue]) => ({
    ParameterName: ParameterName as 'Delimiter',
    ParameterValue,
  })),
});

const processing = (...Processors: Processor[]) => ({ ProcessingConfiguration: { Enabled: true, Processors } });

const QUERY = '{customer:.customer,year:.at|strftime("%Y")}';
const extraction = (MetadataExtractionQuery = QUERY) =>
  processor('MetadataExtraction', { MetadataExtractionQuery, JsonParsingEngine: 'JQ-1.6' });
const PARTITIONED = {
  DynamicPartitioningConfiguration: { Enabled: true, RetryOptions: { DurationInSeconds: 300 } },
  BufferingHints: { SizeInMBs: 64, IntervalInSeconds: 60 },
  Prefix: 'c=!{partitionKeyFromQuery:customer}/y=!{partitionKeyFromQuery:year}/',
  ErrorOutputPrefix: 'bad/!{firehose:error-output-type}/',
};

test('AppendDelimiterToRecord puts a line end behind each record', async () => {
  const { stream, put, objects, after } = await deliveries();
  await stream('lines', processing(processor('AppendDelimiterToRecord', { Delimiter: '\\n' })));
  await put('lines', 'a', 'b');
  await after('PT5M');
  assert.equal((await objects())[0]?.bytes.toString(), 'a\nb\n');
});

test('Records are partitioned by keys that a query reads off them', async () => {
  const { stream, put, objects, after } = await deliveries();
  const lines = processor('AppendDelimiterToRecord', { Delimiter: '\\n' });
  await stream('parted', { ...PARTITIONED, ...processing(extraction(), lines) });
  const record = (customer: string | null, n: number) => JSON.stringify({ customer, at: 1565382027, n });
  await put('parted', record('x', 1), record('y', 2), record('x', 3), record(null, 4), 'no json');
  await after('PT1M');
  const [bad, x, y, ...rest] = await objects();
  assert.deepEqual(rest, []);
  assert.match(x?.key ?? '', /^c=x\/y=2019\/parted-1-2030-01-01-00-00-10-/);
  assert.equal(x?.bytes.toString(), `${record('x', 1)}\n${record('x', 3)}\n`);
  assert.match(y?.key ?? '', /^c=y\/y=2019\/parted-1-/);
  assert.match(bad?.key ?? '', /^bad\/metadata-extraction-failed\/parted-1-/);
  const lost = bad!.bytes
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    lost.map(({ errorMessage, rawData }) => [errorMessage, Buffer.from(rawData, 'base64').toString()]),
    [
      ['partitionKeys values must not be null or empty', record(null, 4)],
      ['Non JSON record provided', 'no json'],
    ],
  );
  assert.equal(lost[0].errorCode, 'DynamicPartitioning.MetadataExtractionFailed');
  assert.equal(lost[0].arrivalTimestamp, Date.parse('2030-01-01T00:00:10Z'));
});

test('A partition whose prefix is too long is set aside, the others are delivered', async () => {
  const { stream, put, objects, after } = await deliveries();
  await stream('parted', { ...PARTITIONED, ...processing(extraction()) });
  await put('parted', ...['a', 'b'.repeat(600)].map((customer) => JSON.stringify({ customer, at: 0 })));
  await after('PT1M');
  const keys = (await objects()).map(({ key }) => key.replace(/parted-.*/, ''));
  assert.deepEqual(keys, ['bad/metadata-extraction-failed/', 'c=a/y=1970/']);
});

test('A record that makes no key, or none that S3 takes, holds up no other', async () => {
  const { stream, put, s3, after } = await deliveries();
  const query = '{customer:(.customer|if type == "array" then tojson else . end),year:.at|strftime("%Y")}';
  await stream('parted', { ...PARTITIONED, ...processing(extraction(query)) });
  const deep = `{"at":0,"customer":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
  const long = '€'.repeat(450);
  await put(
    'parted',
    deep,
    ...[long, '../../../up', '/', '\0', 'a'].map((customer) => JSON.stringify({ customer, at: 0 })),
  );
  await after('PT1M');
  const { Contents = [] } = await s3.listObjectsV2({ Bucket: BUCKET });
  const keys = Contents.map(({ Key = '' }) => Key.replace(/parted-.*/, ''));
  assert.equal(keys.length, 5, keys.join());
  assert.ok(keys.includes('c=a/y=1970/'), keys.join());
  const { Body } = await s3.getObject({ Bucket: BUCKET, Key: Contents[0]!.Key });
  const failed = (await Body!.transformToString()).trimEnd().split('\n');
  assert.deepEqual(
    failed.map((line) => Buffer.from(JSON.parse(line).rawData, 'base64').toString().slice(0, 24)),
    ['{"at":0,"customer":[[[[[', `{"customer":"${'€'.repeat(11)}`],
  );
});

test('Partitions that are too many are set aside', async () => {
  const { stream, put, objects, after } = await deliveries({ quotas: { ActivePartitions: 2 } });
  await stream('parted', { ...PARTITIONED, ...processing(extraction()) });
  await put('parted', ...['a', 'b', 'c', 'a'].map((customer) => JSON.stringify({ customer, at: 0 })));
  await after('PT1M');
  const keys = (await objects()).map(({ key }) => key.replace(/parted-.*/, ''));
  assert.deepEqual(keys, ['bad/activePartitionExceeded/', 'c=a/y=1970/', 'c=b/y=1970/']);
});

test('RecordDeAggregation takes records apart, by JSON or by a delimiter', async () => {
  const { stream, put, objects, after } = await deliveries();
  const lines = processor('AppendDelimiterToRecord', { Delimiter: '\\n' });
  const apart = (parameters: Record<string, string>) => processing(processor('RecordDeAggregation', parameters), lines);
  await stream('json', { Prefix: 'json/', ...apart({ SubRecordType: 'JSON' }) });
  await stream('text', { Prefix: 'text/', ...apart({ SubRecordType: 'DELIMITED', Delimiter: 'IyMjIw==' }) });
  await put('json', '{"a":"}{\\""}{"b":2}\n {"c":{"d":{}}}', '[{"a":1}]');
  await put('text', 'a####b####', 'c');
  await after('PT6M');
  const [json, failed, text] = await objects();
  assert.equal(json?.bytes.toString(), '{"a":"}{\\""}\n{"b":2}\n{"c":{"d":{}}}\n');
  assert.match(failed?.key ?? '', /^json\/processing-failed\/2030\/01\/01\/00\//);
  assert.equal(JSON.parse(failed!.bytes.toString()).errorMessage, 'Non JSON record provided');
  assert.equal(text?.bytes.toString(), 'a\nb\nc\n');
});

test('Decompression unpacks what CloudWatch Logs sends, and CloudWatchLogProcessing takes the messages', async () => {
  const { stream, firehose, objects, after } = await deliveries();
  const messages = processor('CloudWatchLogProcessing', { DataMessageExtraction: 'true' });
  await stream('logs', processing(processor('Decompression', { CompressionFormat: 'GZIP' }), messages));
  const event = (messageType: string, ...texts: string[]) => ({
    Data: gzipSync(JSON.stringify({ messageType, logEvents: texts.map((message, id) => ({ id, message })) })),
  });
  const bad = { Data: Buffer.from('not packed') };
  const hollow = { Data: gzipSync('{"messageType":"DATA_MESSAGE","logEvents":[null]}') };
  const Records = [event('CONTROL_MESSAGE', 'hello'), event('DATA_MESSAGE', 'one', 'two'), bad, hollow];
  await firehose.putRecordBatch({ DeliveryStreamName: 'logs', Records });
  await after('PT5M');
  const [delivered, failed] = await objects();
  assert.equal(delivered?.bytes.toString(), 'one\ntwo\n');
  assert.match(failed?.key ?? '', /^decompression-failed\/2030\//);
  const told = failed!.bytes.toString().trimEnd().split('\n');
  assert.deepEqual(
    told.map((line) => JSON.parse(line).rawData),
    [bad, hollow].map(({ Data }) => Data.toString('base64')),
  );
});

test('What unpacks to more than there is room for is set aside, and the stream goes on', async () => {
  const { stream, firehose, objects, after } = await deliveries();
  await stream('bombs', processing(processor('Decompression', { CompressionFormat: 'GZIP' })));
  const bomb = { Data: gzipSync(Buffer.alloc(40 * 1024 * 1024)) };
  await firehose.putRecordBatch({ DeliveryStreamName: 'bombs', Records: [bomb, bomb] });
  await firehose.putRecordBatch({ DeliveryStreamName: 'bombs', Records: [{ Data: gzipSync('fine') }] });
  await after('PT5M');
  const [delivered, failed] = await objects();
  assert.equal(delivered?.bytes.length, 40 * 1024 * 1024 + 4);
  const told = failed!.bytes.toString().trimEnd().split('\n');
  assert.equal(told.length, 1);
  assert.equal(JSON.parse(told[0]!).rawData, bomb.Data.toString('base64'));
});

test('What a stream cannot do with its records is refused', async () => {
  const { stream, firehose } = await deliveries();
  const refused: readonly (readonly [config: Parameters<typeof stream>[1], code: string, message: RegExp])[] = [
    [processing(processor('Lambda', { LambdaArn: 'arn' })), 'NotImplemented', /processor Lambda/],
    [{ DataFormatConversionConfiguration: { Enabled: true } }, 'NotImplemented', /record format/],
    [
      { DynamicPartitioningConfiguration: { Enabled: true, RetryOptions: { DurationInSeconds: 60 } } },
      'NotImplemented',
      /RetryOptions of dynamic partitioning other than 300 seconds/,
    ],
    [{ CompressionFormat: 'Snappy' }, 'NotImplemented', /Snappy/],
    [{ CompressionFormat: 'HADOOP_SNAPPY' }, 'NotImplemented', /HADOOP_SNAPPY/],
    [{ ...PARTITIONED, ...processing(extraction('{a:range(3)}')) }, 'InvalidArgument', /range\/1 is not supported/],
    [{ ...PARTITIONED, ...processing(extraction('{a:.a}')) }, 'InvalidArgument', /partition key customer/],
    [{ ...PARTITIONED, Prefix: 'x/', ...processing(extraction()) }, 'InvalidArgument', /customer is not in Prefix/],
    [processing(extraction()), 'InvalidArgument', /dynamic partitioning to be enabled/],
    [{ ...PARTITIONED }, 'InvalidArgument', /MetadataExtraction/],
    [
      { ...PARTITIONED, BufferingHints: { SizeInMBs: 5, IntervalInSeconds: 60 }, ...processing(extraction()) },
      'InvalidArgument',
      /at least 64/,
    ],
    [{ Prefix: '!{timestamp:yyyy}/' }, 'InvalidArgument', /ErrorOutputPrefix can't be null/],
    [{ Prefix: '!{timestamp:yyyy', ErrorOutputPrefix: 'x' }, 'InvalidArgument', /does not end/],
    [{ Prefix: '!{timestamp:zzzz}', ErrorOutputPrefix: 'x' }, 'InvalidArgument', /timestamp format/],
    [{ Prefix: '!{firehose:error-output-type}', ErrorOutputPrefix: 'x' }, 'InvalidArgument', /cannot contain/],
    [{ ErrorOutputPrefix: '!{timestamp:yyyy}' }, 'InvalidArgument', /error-output-type/],
    [{ CustomTimeZone: 'Mars/Olympus' }, 'InvalidArgument', /CustomTimeZone/],
    [{ Prefix: 'x'.repeat(505) }, 'InvalidArgument', /longer than 512/],
    [{ Prefix: 'a\nb' }, 'Validation', /prefix/],
    [{ S3BackupMode: 'Enabled' }, 'InvalidArgument', /S3BackupConfiguration/],
    [{ BufferingHints: { SizeInMBs: 5 } }, 'InvalidArgument', /both/],
    [{ CloudWatchLoggingOptions: { Enabled: true } }, 'InvalidArgument', /LogGroupName/],
  ];
  for (const [config, code, message] of refused) await rejected(stream('no', config), code, message);
  assert.deepEqual((await firehose.listDeliveryStreams({})).DeliveryStreamNames, []);
});
