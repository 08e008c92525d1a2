import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rejected } from '../../testing/rejected.ts';
import { BUCKET, deliveries, roleFor } from './firehose.fixture.ts';
import { parcels } from './parcels.ts';

test('CreateDeliveryStream makes a stream that is active after a while, and reads back as asked', async () => {
  const { cloud, firehose, role, s3Config } = await deliveries();
  const DeliveryStreamName = 'orders';
  const ExtendedS3DestinationConfiguration = s3Config({
    Prefix: 'in/',
    CompressionFormat: 'GZIP',
    BufferingHints: { SizeInMBs: 10, IntervalInSeconds: 120 },
    S3BackupMode: 'Enabled',
    S3BackupConfiguration: s3Config({ Prefix: 'raw/' }),
    FileExtension: '.gz',
    CustomTimeZone: 'Europe/Zurich',
  });
  const { DeliveryStreamARN } = await firehose.createDeliveryStream({
    DeliveryStreamName,
    DirectPutSourceConfiguration: { ThroughputHintInMBs: 7 },
    ExtendedS3DestinationConfiguration,
    Tags: [{ Key: 'team', Value: 'a' }],
  });
  assert.equal(DeliveryStreamARN, `arn:aws:firehose:us-east-1:${cloud.managementAccount}:deliverystream/orders`);
  const described = async () =>
    (await firehose.describeDeliveryStream({ DeliveryStreamName })).DeliveryStreamDescription;
  assert.equal((await described())?.DeliveryStreamStatus, 'CREATING');
  await rejected(firehose.deleteDeliveryStream({ DeliveryStreamName }), 'ResourceInUse', /CREATING/);
  cloud.advance('PT10S');
  const { Destinations, ...stream } = (await described())!;
  assert.deepEqual(stream, {
    DeliveryStreamName,
    DeliveryStreamARN,
    DeliveryStreamStatus: 'ACTIVE',
    DeliveryStreamEncryptionConfiguration: { Status: 'DISABLED' },
    DeliveryStreamType: 'DirectPut',
    VersionId: '1',
    CreateTimestamp: new Date('2030-01-01T00:00:00Z'),
    Source: { DirectPutSourceDescription: { ThroughputHintInMBs: 7 } },
    HasMoreDestinations: false,
  });
  const common = { RoleARN: role, BucketARN: `arn:aws:s3:::${BUCKET}` };
  const standards = {
    EncryptionConfiguration: { NoEncryptionConfig: 'NoEncryption' },
    CloudWatchLoggingOptions: { Enabled: false },
  };
  const S3DestinationDescription = {
    ...common,
    ...standards,
    ...{ Prefix: 'in/', CompressionFormat: 'GZIP', BufferingHints: { SizeInMBs: 10, IntervalInSeconds: 120 } },
  };
  assert.deepEqual(Destinations, [
    {
      DestinationId: 'destinationId-000000000001',
      S3DestinationDescription,
      ExtendedS3DestinationDescription: {
        ...S3DestinationDescription,
        ...{ FileExtension: '.gz', CustomTimeZone: 'Europe/Zurich', S3BackupMode: 'Enabled' },
        S3BackupDescription: {
          ...common,
          ...standards,
          ...{ Prefix: 'raw/', CompressionFormat: 'UNCOMPRESSED' },
          BufferingHints: { SizeInMBs: 5, IntervalInSeconds: 300 },
        },
      },
    },
  ]);
  const again = firehose.createDeliveryStream({ DeliveryStreamName, S3DestinationConfiguration: s3Config() });
  await rejected(again, 'ResourceInUse', /orders under accountId \d{12} already exists/);
});

test('CreateDeliveryStream names what it does not do', async () => {
  const { cloud, firehose, role, s3Config } = await deliveries();
  const create = (more: object) => firehose.createDeliveryStream({ DeliveryStreamName: 'no', ...more });
  const S3Configuration = s3Config();
  await rejected(create({}), 'InvalidArgument', 'No destination is specified.');
  const redshift = { RoleARN: role, ClusterJDBCURL: 'jdbc:redshift://x', CopyCommand: { DataTableName: 't' } };
  const refused: readonly (readonly [input: object, message: RegExp])[] = [
    [{ RedshiftDestinationConfiguration: { ...redshift, S3Configuration } }, /Amazon Redshift/],
    [{ ElasticsearchDestinationConfiguration: { RoleARN: role, IndexName: 'i', S3Configuration } }, /Elasticsearch/],
    [
      { AmazonopensearchserviceDestinationConfiguration: { RoleARN: role, IndexName: 'i', S3Configuration } },
      /Amazon OpenSearch Service/,
    ],
    [
      { AmazonOpenSearchServerlessDestinationConfiguration: { RoleARN: role, IndexName: 'i', S3Configuration } },
      /OpenSearch Serverless/,
    ],
    [{ SplunkDestinationConfiguration: { HECEndpoint: 'h', HECEndpointType: 'Raw', S3Configuration } }, /Splunk/],
    [
      {
        SnowflakeDestinationConfiguration: {
          ...{ AccountUrl: 'a.snowflakecomputing.com', Database: 'd', Schema: 's', Table: 't', RoleARN: role },
          S3Configuration,
        },
      },
      /Snowflake/,
    ],
    [
      {
        IcebergDestinationConfiguration: {
          ...{ RoleARN: role, S3Configuration },
          CatalogConfiguration: { CatalogARN: `arn:aws:glue:us-east-1:${cloud.managementAccount}:catalog` },
        },
      },
      /Iceberg/,
    ],
    [{ DeliveryStreamType: 'MSKAsSource', S3DestinationConfiguration: S3Configuration }, /MSKAsSource/],
    [{ DeliveryStreamType: 'DatabaseAsSource', S3DestinationConfiguration: S3Configuration }, /DatabaseAsSource/],
  ];
  for (const [input, message] of refused) await rejected(create(input), 'NotImplemented', message);
});

test('ListDeliveryStreams pages by name, of a type if one is asked for', async () => {
  const { firehose, stream } = await deliveries();
  for (const name of ['c', 'a', 'b']) await stream(name);
  const first = await firehose.listDeliveryStreams({ Limit: 2 });
  assert.deepEqual(first.DeliveryStreamNames, ['a', 'b']);
  assert.equal(first.HasMoreDeliveryStreams, true);
  const rest = await firehose.listDeliveryStreams({ Limit: 2, ExclusiveStartDeliveryStreamName: 'b' });
  assert.deepEqual(rest.DeliveryStreamNames, ['c']);
  assert.equal(rest.HasMoreDeliveryStreams, false);
  const typed = (DeliveryStreamType: 'DirectPut' | 'KinesisStreamAsSource') =>
    firehose.listDeliveryStreams({ DeliveryStreamType, ExclusiveStartDeliveryStreamName: 'a' });
  assert.deepEqual((await typed('DirectPut')).DeliveryStreamNames, ['b', 'c']);
  assert.deepEqual((await typed('KinesisStreamAsSource')).DeliveryStreamNames, []);
});

test('UpdateDestination changes what it names, if the version is the current one', async () => {
  const { firehose, stream, put, objects, after } = await deliveries();
  const DeliveryStreamName = 'changing';
  await stream(DeliveryStreamName, { Prefix: 'old/', CompressionFormat: 'GZIP' });
  const update = (CurrentDeliveryStreamVersionId: string, DestinationId = 'destinationId-000000000001') =>
    firehose.updateDestination({
      ...{ DeliveryStreamName, CurrentDeliveryStreamVersionId, DestinationId },
      ExtendedS3DestinationUpdate: { Prefix: 'new/', BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 60 } },
    });
  await put(DeliveryStreamName, 'x');
  await rejected(
    update('2'),
    'ConcurrentModification',
    /current version id: 1 and specified version id: 2 do not match/,
  );
  await rejected(update('1', 'destinationId-000000000002'), 'InvalidArgument', /not found/);
  await update('1');
  const { DeliveryStreamDescription } = await firehose.describeDeliveryStream({ DeliveryStreamName });
  assert.equal(DeliveryStreamDescription?.VersionId, '2');
  assert.deepEqual(DeliveryStreamDescription?.LastUpdateTimestamp, new Date('2030-01-01T00:00:10Z'));
  const { Prefix, CompressionFormat } =
    DeliveryStreamDescription?.Destinations?.[0]?.ExtendedS3DestinationDescription ?? {};
  assert.deepEqual({ Prefix, CompressionFormat }, { Prefix: 'new/', CompressionFormat: 'GZIP' });
  await after('PT1M');
  assert.match((await objects())[0]?.key ?? '', /^new\/2030\/01\/01\/00\/changing-2-/);
});

test('DeleteDeliveryStream takes a while, and takes the records with it', async () => {
  const { cloud, firehose, stream, put, after, objects } = await deliveries();
  const DeliveryStreamName = 'leaving';
  await stream(DeliveryStreamName);
  await put(DeliveryStreamName, 'x');
  await firehose.deleteDeliveryStream({ DeliveryStreamName });
  const { DeliveryStreamDescription } = await firehose.describeDeliveryStream({ DeliveryStreamName });
  assert.equal(DeliveryStreamDescription?.DeliveryStreamStatus, 'DELETING');
  await rejected(stream(DeliveryStreamName), 'ResourceInUse', /already exists/);
  await after('PT30S');
  await rejected(firehose.describeDeliveryStream({ DeliveryStreamName }), 'ResourceNotFound', /leaving not found/);
  assert.deepEqual((await cloud.deps.store.transaction((tx) => tx.list(parcels, [], { limit: 10 }))).rows, []);
  await stream(DeliveryStreamName);
  await after('PT10M');
  assert.deepEqual(await objects(), []);
});

test('Tags are set, listed, taken away, and decide', async () => {
  const { cloud, firehose, stream } = await deliveries();
  const DeliveryStreamName = 'tagged';
  await stream(DeliveryStreamName);
  await firehose.tagDeliveryStream({ DeliveryStreamName, Tags: [{ Key: 'team', Value: 'a' }, { Key: 'b' }] });
  const page = await firehose.listTagsForDeliveryStream({ DeliveryStreamName, Limit: 1 });
  assert.deepEqual(page.Tags, [{ Key: 'b', Value: '' }]);
  assert.equal(page.HasMoreTags, true);
  const rest = await firehose.listTagsForDeliveryStream({ DeliveryStreamName, ExclusiveStartTagKey: 'b' });
  assert.deepEqual(rest.Tags, [{ Key: 'team', Value: 'a' }]);
  const alice = await cloud.user('alice', {
    Version: '2012-10-17',
    Statement: [
      {
        ...{ Effect: 'Allow', Action: 'firehose:*', Resource: '*' },
        Condition: { StringEquals: { 'aws:ResourceTag/team': 'a' } },
      },
    ],
  });
  await alice.firehose.describeDeliveryStream({ DeliveryStreamName });
  await firehose.untagDeliveryStream({ DeliveryStreamName, TagKeys: ['team'] });
  await rejected(
    alice.firehose.describeDeliveryStream({ DeliveryStreamName }),
    'AccessDenied',
    /DescribeDeliveryStream/,
  );
});

test('Whoever gives a role to a stream must be allowed to pass it', async () => {
  const { cloud, role, s3Config } = await deliveries();
  const other = await roleFor(cloud, 'other');
  const statement = { Effect: 'Allow', Action: 'iam:PassRole', Resource: role };
  const toFirehose = { StringEquals: { 'iam:PassedToService': 'firehose.amazonaws.com' } };
  const alice = await cloud.user('alice', {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: 'firehose:*', Resource: '*' },
      { ...statement, Condition: toFirehose },
    ],
  });
  const create = (DeliveryStreamName: string, RoleARN: string) =>
    alice.firehose.createDeliveryStream({
      DeliveryStreamName,
      ExtendedS3DestinationConfiguration: { ...s3Config(), RoleARN },
    });
  await create('mine', role);
  await rejected(create('theirs', other), 'AccessDenied', /iam:PassRole on resource: .*role\/other/);
});

test('Source records are backed up as they came', async () => {
  const { stream, put, objects, after, s3Config } = await deliveries();
  await stream('both', {
    Prefix: 'done/',
    ProcessingConfiguration: { Enabled: true, Processors: [{ Type: 'AppendDelimiterToRecord' }] },
    S3BackupMode: 'Enabled',
    S3BackupConfiguration: s3Config({ Prefix: 'raw/', BufferingHints: { SizeInMBs: 1, IntervalInSeconds: 60 } }),
  });
  await put('both', 'a', 'b');
  await after('PT1M');
  assert.deepEqual(
    (await objects()).map(({ bytes }) => bytes.toString()),
    ['ab'],
  );
  await after('PT4M');
  const [done, raw] = await objects();
  assert.equal(done?.bytes.toString(), 'a\nb\n');
  assert.match(raw?.key ?? '', /^raw\/2030\/01\/01\/00\/both-1-/);
});
